"""The tool that installs Python packages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError
from harness.toolchain.tool import run

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_uv() -> Path:
    """The `uv` that came with this package.

    Raises:
        HarnessError: It is missing.
    """
    beside = Path(sys.executable).with_name("uv")
    if beside.is_file():
        return beside
    import uv

    try:
        return Path(uv.find_uv_bin())
    except FileNotFoundError as error:
        remedy = f"run: {sys.executable} -m pip install uv"
        raise HarnessError("uv is missing: it installs the samples' packages", remedy) from error


def uv(arguments: Sequence[str | Path], *, doing: str, folder: Path) -> str:
    """Run it, trusting the certificates that the system trusts.

    Raises:
        HarnessError: It failed.
    """
    return run(
        [find_uv(), "--quiet", "--system-certs", "--no-progress", *arguments],
        doing=doing,
        folder=folder,
    )
