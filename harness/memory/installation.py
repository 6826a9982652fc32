"""What samples run with that was not installed for them, and all that comes with it.

That is the Python that an environment is made from, and a Node or other programs of the user's own.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from harness.runner.shown import SYSTEM

if TYPE_CHECKING:
    from pathlib import Path

    from harness.toolchain.ready import Ready

LIMIT = 20_000
"""So many files are looked at; who has more together with programs, as a home folder may, is not known."""

NOT_LOOKED_AT = {"site-packages", "__pycache__", "test", "idlelib", "share", "include"}
"""Folders of an installation that no sample reads: an environment has packages of its own."""


def outside(ready: Ready, root: Path) -> bytes | None:
    """A hash over every file of a client's installations, by size and times.

    `None` if that is not to be known: they hold too much, or the whole project too, all of whose
    files a sample could then read. What the system itself brings is `harness.memory.machine`'s.

    Args:
        ready: What its samples need.
        root: The project's root.
    """
    project = os.path.realpath(root)
    if any(_holds(folder, project) for folder in (*SYSTEM, *ready.libraries)):
        return None
    found: list[tuple[str, int, int, int, int]] = []
    for folder in ready.libraries:
        if any(_holds(one, folder) for one in (*SYSTEM, *ready.installed)):
            continue
        if os.path.isfile(folder):  # noqa: PTH113
            found.append(_seen(folder, os.stat(folder)))  # noqa: PTH116
        elif not _look(folder, found):
            return None
    return hashlib.sha256(repr(sorted(found)).encode("utf-8", "surrogateescape")).digest()


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _seen(path: str, status: os.stat_result) -> tuple[str, int, int, int, int]:
    return path, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _look(folder: str, found: list[tuple[str, int, int, int, int]]) -> bool:
    """Look at every file of a folder; whether they are few enough."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in NOT_LOOKED_AT and not _look(entry.path, found):
                        return False
                    continue
                found.append(_seen(entry.path, entry.stat(follow_symlinks=False)))
                if len(found) > LIMIT:
                    return False
    except OSError:
        found.append((folder, 0, 0, 0, 0))
    return True
