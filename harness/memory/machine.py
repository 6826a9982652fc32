"""What a sample's run rests on beside the project: this machine, and the harness itself."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import harness
from harness.runner.shown import SETTINGS
from harness.runner.switches import SWITCHES

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = os.path.dirname(harness.__file__)  # noqa: PTH120
NOT_CODE = {"__pycache__", "_project"}

PROGRAMS = ("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/sbin")
"""Where a sample finds programs that its client does not name."""

LISTS = (
    "/var/lib/dpkg/status",
    "/var/lib/rpm",
    "/usr/lib/sysimage/rpm",
    "/lib/apk/db/installed",
    "/var/lib/pacman/local",
)
"""Written anew whenever the system's own packages change."""


@cache
def machine() -> bytes:
    """A hash over the machine: its kernel, its programs and libraries, who we are, what it allows.

    The system's own libraries count by the lists that its package manager and its linker keep. One
    that is edited in place is not seen.
    """
    system = os.uname()
    parts = [system.sysname, system.release, system.machine, str(os.geteuid())]
    parts += [_mark(path) for path in (*SETTINGS, *LISTS)]
    for folder in dict.fromkeys(map(os.path.realpath, PROGRAMS)):
        with suppress(OSError):
            parts += sorted(_mark(f"{folder}/{name}") for name in os.listdir(folder))  # noqa: PTH208
    for name, *_ in SWITCHES:
        try:
            with open(f"/proc/sys/{name}", encoding="ascii") as file:  # noqa: PTH123
                parts.append(file.read())
        except OSError:
            parts.append("")
    return _digest(parts)


def _mark(path: str) -> str:
    """What changes whenever a file does, or what a link leads to."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return f"{path} is not there"
    times = f"{found.st_mtime_ns} {found.st_ctime_ns}"
    return f"{path} {found.st_ino} {found.st_mode} {found.st_size} {times}"


@cache
def program() -> bytes:
    """A hash over the harness: every byte of its code, its Python, the packages it stands on."""
    total = hashlib.sha256(_digest([harness.__version__, sys.version, *_packages()]))
    for path in _files(CODE):
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
        total.update(f"{path[len(CODE) :]}\0{len(data)}\0".encode())
        total.update(data)
    return total.digest()


def _digest(parts: list[str]) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _packages() -> list[str]:
    """Names and versions of the installed packages: their folders tell both."""
    found = []
    for folder in sys.path:
        if folder.endswith("-packages"):
            with suppress(OSError):
                found += [name for name in os.listdir(folder) if name.endswith(".dist-info")]  # noqa: PTH208
    return sorted(found)


def _files(folder: str) -> Iterator[str]:
    """Every file of the code, in an order that is always the same."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name in NOT_CODE:
                continue
            if entry.is_dir():
                yield from _files(entry.path)
            elif not entry.name.startswith("."):
                yield entry.path
