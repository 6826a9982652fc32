"""The tool that installs Python packages."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError, invalid
from harness.toolchain.environment import for_uv, uv_settings
from harness.toolchain.tool import run

if TYPE_CHECKING:
    from collections.abc import Sequence

BUILT = "SAMPLEPROOF_BUILD"
"""The variable in which a user names packages that may be built from their source, with commas."""
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
"""A package's. Source: PyPA's specification "Names and normalization"."""


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


def uv(arguments: Sequence[str | Path], *, doing: str) -> str:
    """Run it with the user's settings and no project's, trusting the certificates that the system trusts.

    Raises:
        HarnessError: It failed.
    """
    settings = uv_settings()
    chosen = ["--config-file", settings] if settings else ["--no-config"]
    return run(
        [find_uv(), "--quiet", "--system-certs", "--no-progress", *chosen, *arguments],
        doing=doing,
        environment=for_uv(),
    )


def wheels_only() -> list[str]:
    """Options that have nothing built, which would run a package's code, but what the user names.

    Raises:
        InvalidError: What the user names is no package.
    """
    given = os.environ.get(BUILT, "")
    names = [name.strip() for name in given.split(",") if name.strip()]
    if wrong := [name for name in names if not NAME.fullmatch(name)]:
        raise invalid(f"{BUILT}: expected names of packages; received {wrong[0]!r}")
    return ["--only-binary", ":all:", *(word for name in names for word in ("--no-binary", name))]
