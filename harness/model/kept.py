"""A project kept in a form that needs no parsing, so that its files are read only when they change.

Beside the project stands a seal over everything it was made from: place, inode, size and times of
each file that may be read, and of the code that reads them. A kept project whose seal is not
today's is as good as none.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness import __version__
from harness.model.files import keep
from harness.model.folder import MOST_NAMES
from harness.model.problem import HarnessError
from harness.model.project import Project, open_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CODE = Path(__file__).parent

SETTLED_S = 2.0
"""Files changed so lately might change again without new times: the coarsest clocks count in this."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A project with its seal."""

    seal: bytes
    project: Project


def open_kept(root: Path, state: Path, *, tolerant: bool = False) -> Project:
    """Read a project, from what was kept of it where that still holds.

    Args:
        root: The project's root.
        state: Where the project keeps what it makes for itself; nothing is kept if it is not there.
        tolerant: As for `open_project`; a project of which something is broken is not kept.

    Raises:
        InvalidError: As `open_project` does; such a project is not kept.
    """
    place = state / "cache" / "project.msgpack"
    own = list(_marks(str(root / "samples"), depth=1))
    seal = _seal(own)
    marks = {path: tuple(mark) for path, *mark in own}
    with suppress(OSError, msgspec.DecodeError):
        kept = msgspec.msgpack.decode(place.read_bytes(), type=Kept)
        if kept.seal == seal:
            return msgspec.structs.replace(kept.project, marks=marks)
    project = open_project(root, tolerant=tolerant)
    changed = max((change for *_, change in own), default=0) / 1e9
    if time.time() - changed > SETTLED_S and state.is_dir() and not project.broken:
        keep(place, msgspec.msgpack.encode(Kept(seal=seal, project=project)))
    return msgspec.structs.replace(project, marks=marks)


def check_unchanged(project: Project, root: Path, files: Iterable[str]) -> None:
    """Make sure that files are still those that a project was made from.

    Args:
        project: As `open_kept` has read it.
        root: Its root.
        files: Paths from there. Those that were not there then are passed over.

    Raises:
        HarnessError: One has changed since.
    """
    now = {path: tuple(mark) for path, *mark in _marks(str(root / "samples"), depth=1)}
    for name in files:
        path = str(root / name)
        if path in project.marks and now.get(path) != project.marks[path]:
            raise HarnessError(
                f"{name} has changed since it was read: a verdict would rest on what it no longer says",
                "run it again",
            )


def _seal(own: list[tuple[str, int, int, int, int]]) -> bytes:
    code = list(_marks(str(CODE), depth=1))
    return hashlib.sha256(repr((__version__, own, code)).encode()).digest()


def _marks(folder: str, depth: int) -> Iterator[tuple[str, int, int, int, int]]:
    """Place, inode, size and times of each file in a folder, and in the folders in it.

    A folder of more names is no project's, nor is one that a link leads out to: neither is read.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in sorted(islice(entries, MOST_NAMES), key=lambda entry: entry.name):
            with suppress(OSError):
                if entry.is_file():
                    found = entry.stat()
                    times = found.st_mtime_ns, found.st_ctime_ns
                    yield entry.path, found.st_ino, found.st_size, *times
                elif depth and _is_looked_into(entry, folder):
                    yield from _marks(entry.path, depth - 1)


def _is_looked_into(entry: os.DirEntry[str], folder: str) -> bool:
    if entry.name == "__pycache__" or not entry.is_dir():
        return False
    return not entry.is_symlink() or _is_within(entry.path, folder)


def _is_within(link: str, folder: str) -> bool:
    """Whether a link leads to what is in the project whose folder of samples it is in."""
    project = os.path.realpath(f"{folder}/..")
    return os.path.realpath(link).startswith(f"{project}/")
