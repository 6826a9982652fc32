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


def in_place(need: Need) -> dict[str, str] | None:
    """The versions of the packages, if the environment has been made already.

    Raises:
        HarnessError: They could not be listed.
        InvalidError: The lock cannot be read.
    """
    folder = place(need)
    return _versions(need, folder) if (folder / PYTHON).exists() else None


def provide(need: Need) -> Parts:
    """The environment, with exactly the packages that the lock pins.

    Raises:
        HarnessError: It could not be made.
        InvalidError: The lock cannot be read.
    """
    folder = installed(place(need), PYTHON, lambda new: _install(need, new))
    return Parts(
        words={"python": str(folder / PYTHON)},
        path=(str(folder / "bin"),),
        versions={"python": platform.python_version()} | _versions(need, folder),
        libraries=(str(folder), sys.base_prefix),
    )


def _versions(need: Need, folder: Path) -> dict[str, str]:
    """By package: the version that is in an environment."""
    doing = f"listing the packages of {need.client.name}"
    listing = ("pip", "list", "--python", str(folder / PYTHON), "--format", "json")
    listed = json.loads(uv([*listing], doing=doing, folder=folder))
    return {package["name"]: package["version"] for package in listed}


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
