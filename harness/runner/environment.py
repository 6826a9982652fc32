"""What a sample sees of the world: an environment made from nothing, and folders of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model.cell import Cell
    from harness.model.client import Client
    from harness.toolchain.ready import Ready

PROXY_VARIABLES = (
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
)
"""In both spellings: cURL heeds only the lower-case `http_proxy`."""


def constants(client: Client, ready: Ready) -> dict[str, str]:
    """What every run of a client's samples has in its environment."""
    return {
        "PATH": os.pathsep.join([*ready.path, os.defpath]),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        **client.environment,
    }


def child_environment(
    cell: Cell, ready: Ready, *, canary: str, bundle: Path, home: Path
) -> dict[str, str]:
    """The environment of a sample, but for its proxy. Nothing of the user's own is in it.

    Args:
        cell: The sample's cell.
        ready: Its toolchain.
        canary: Stands in for the reader's token.
        bundle: The certificates to trust.
        home: An empty folder.
    """
    return {
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        **dict.fromkeys(cell.client.trust, str(bundle)),
        **constants(cell.client, ready),
        cell.endpoint.token: canary,
    }
