"""The environment in which Python samples run: made by uv, apart from the harness's own."""

from __future__ import annotations

import json
import platform
import sys
from typing import TYPE_CHECKING

from harness.toolchain.need import Parts, fingerprint, identity
from harness.toolchain.state import installed
from harness.toolchain.uv import uv

if TYPE_CHECKING:
    from pathlib import Path

    from harness.toolchain.need import Need

PYTHON = "bin/python"


def key(need: Need) -> str:
    """Changes whenever another environment would be made."""
    return fingerprint(need.read(need.lock), sys.version, sys.base_prefix, identity(sys.executable))


def place(need: Need) -> Path:
    """Where the environment is, or will be."""
    return need.state / "python" / key(need)[:16]


def provide(need: Need) -> Parts:
    """The environment, with exactly the packages that the lock pins.

    Raises:
        HarnessError: It could not be made.
        InvalidError: The lock cannot be read.
    """
    folder = installed(place(need), PYTHON, lambda new: _install(need, new))
    python = str(folder / PYTHON)
    doing = f"listing the packages of {need.client.name}"
    listed = uv(["pip", "list", "--python", python, "--format", "json"], doing=doing, folder=folder)
    return Parts(
        words={"python": python},
        path=(str(folder / "bin"),),
        versions={"python": platform.python_version()}
        | {package["name"]: package["version"] for package in json.loads(listed)},
        libraries=(str(folder), sys.base_prefix),
    )


def _install(need: Need, folder: Path) -> None:
    lock = str(need.folder / need.lock)
    need.announce(f"installing the packages of {need.client.name} ({need.shown(need.lock)}) …")
    # Relocatable, since it is renamed when it is finished.
    make = ("venv", "--no-project", "--relocatable", "--allow-existing")
    doing = f"making a Python environment for {need.client.name}"
    uv([*make, "--python", sys.executable, str(folder)], doing=doing, folder=folder)
    fill = ("pip", "install", "--require-hashes", "--compile-bytecode")
    doing = f"installing what {need.shown(need.lock)} pins"
    uv([*fill, "--python", str(folder / PYTHON), "-r", lock], doing=doing, folder=folder)
