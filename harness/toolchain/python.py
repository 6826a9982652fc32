"""The environment in which Python samples run: made by uv, apart from the harness's own."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import platform
import re
import sys
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError
from harness.toolchain.need import Parts, fingerprint, identity
from harness.toolchain.state import installed
from harness.toolchain.uv import uv

if TYPE_CHECKING:
    from pathlib import Path

    from harness.toolchain.need import Need

PYTHON = "bin/python"

PIN = re.compile(rb"\s*(?:#.*|--hash=\S+|[\w.\[\],-]+\s*==[^@/]*?)?[\s\\]*(?:#.*)?")
"""A line of a lock that says all by itself: a package with its version and its hashes."""


def key(need: Need) -> str:
    """Changes whenever another environment would be made."""
    lock = need.read(need.lock)
    # One that names other files does not tell what is installed, which then is this project's alone.
    whose = "" if all(map(PIN.fullmatch, lock.splitlines())) else str(need.folder)
    base = identity(os.path.realpath(sys.executable))
    return fingerprint(lock, whose, sys.version, sys.base_prefix, base)


def place(need: Need) -> Path:
    """Where the environment is, or will be."""
    return need.toolchains / "python" / key(need)[:16]


def in_place(need: Need) -> dict[str, str]:
    """The versions of the packages in the environment, which has been made already.

    Raises:
        HarnessError: They could not be listed.
        InvalidError: The lock cannot be read.
    """
    return _versions(need, place(need))


def provide(need: Need) -> Parts:
    """The environment, with exactly the packages that the lock pins.

    Raises:
        HarnessError: It could not be made.
        InvalidError: The lock cannot be read.
    """
    folder = installed(place(need), lambda new: _install(need, new), need.announce)
    return Parts(
        words={"python": str(folder / PYTHON)},
        path=(str(folder / "bin"),),
        versions={"python": platform.python_version()} | _versions(need, folder),
        libraries=(str(folder), sys.base_prefix),
        installed={str(folder): ""},
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
    # Copied, since a file that is linked to uv's cache is everybody's, and so is its damage.
    fill = ("pip", "install", "--require-hashes", "--compile-bytecode", "--link-mode", "copy")
    into = ("--python", str(folder / PYTHON), "-r", lock)
    doing = f"installing what {need.shown(need.lock)} pins"
    uv([*fill, *into], doing=doing, folder=folder)
    if altered(folder):
        # uv looks at no file again that is in its cache.
        uv([*fill, "--reinstall", "--no-cache", *into], doing=doing, folder=folder)
    if wrong := altered(folder):
        raise HarnessError(
            f"failed: {doing}; {wrong} is not what its package says that it is",
            "look at the package index, then run it again",
        )


def altered(folder: Path) -> str:
    """A file in an environment that is not what its package lists, if there is one.

    Source: the specification "Recording installed projects" (PyPA).
    """
    for record in sorted(folder.glob("lib/*/site-packages/*.dist-info/RECORD")):
        with record.open(encoding="utf-8", newline="") as lines:
            listed = [line for line in csv.reader(lines) if len(line) > 1 and line[1]]
        for name, given, *_ in listed:
            kind, _, digest = given.partition("=")
            path = record.parent.parent / name
            try:
                total = hashlib.new(kind, path.read_bytes()).digest()
            except (OSError, ValueError):
                return name
            if base64.urlsafe_b64encode(total).decode().rstrip("=") != digest:
                return name
    return ""
