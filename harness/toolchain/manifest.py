"""What was installed into a folder, noted when it was finished.

That a folder is there does not say that it is whole: files get lost, truncated and edited. So what
lies in it is compared with what was put there, by path, mode, size and time, which takes some
milliseconds for some thousand files. What Python compiles later for itself is no damage.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".installed.msgpack"

File: TypeAlias = tuple[str, int, int, int, int, int]
"""Path in the folder, mode, size, when it was last changed and when its inode was, in nanoseconds since
the epoch, and the number of the inode. A folder has only the first two: the others follow all that
is written beside what was installed."""
KEPT = 4
"""So many of these does a copy of the folder have too."""


class Noted(msgspec.Struct, frozen=True):
    """What was installed."""

    digest: bytes
    files: msgspec.Raw
    """A list of `File`, encoded: looked into only where the digest is another."""


class Condition(msgspec.Struct, frozen=True):
    """What a folder is in."""

    damage: str
    """What is no longer as it was installed, in words; empty if all is."""
    digest: bytes
    """Changes with every file, even where the change was made to look like none."""


def note(folder: Path) -> None:
    """Note what lies in a folder, now that it is finished."""
    files = listed(str(folder))
    noted = Noted(_digest(files), msgspec.Raw(msgspec.msgpack.encode(files)))
    (folder / NAME).write_bytes(msgspec.msgpack.encode(noted))


def condition(folder: str, part: str = "") -> Condition:
    """Whether a folder is as it was when it was noted.

    Args:
        folder: The folder.
        part: A folder in it, if nothing else of it matters.
    """
    if os.path.islink(folder):  # noqa: PTH114
        return Condition("it is a link", b"")
    try:
        with open(f"{folder}/{NAME}", "rb") as file:  # noqa: PTH123
            noted = msgspec.msgpack.decode(file.read(), type=Noted)
        found = listed(folder, part)
        digest = _digest(found)
        if digest == noted.digest:
            return Condition("", digest)
        files = msgspec.msgpack.decode(noted.files, type=list[File])
    except (OSError, msgspec.DecodeError):
        missing = "its list of files is missing" if os.path.isdir(folder) else "it is gone"  # noqa: PTH112
        return Condition(missing, b"")
    return Condition(_difference(files, found, part), digest)


def _difference(noted: list[File], found: list[File], part: str) -> str:
    left = {path: marks[: KEPT - 1] for path, *marks in found}
    for path, *marks in noted:
        if part and not path.startswith(f"{part}/"):
            continue
        if path not in left:
            return f"{path} is missing"
        if left.pop(path) != marks[: KEPT - 1]:
            return f"{path} is not as it was installed"
    added = [path for path in left if not _is_compiled(path)]
    return f"{added[0]} does not belong there" if added else ""


def _is_compiled(path: str) -> bool:
    """Whether Python makes such a file by itself, beside a module that is there."""
    return path.endswith("__pycache__") or (path.endswith(".pyc") and "__pycache__/" in path)


def _digest(files: list[File]) -> bytes:
    return hashlib.sha256(msgspec.msgpack.encode(files)).digest()


def listed(folder: str, part: str = "") -> list[File]:
    """All that lies in a folder, at any depth, sorted; links are not followed.

    A link that leads nowhere is left out.

    Args:
        folder: The folder.
        part: A folder in it, if nothing else of it is asked for.

    Raises:
        OSError: Something cannot be read.
    """
    found: list[File] = []
    descriptor = os.open(f"{folder}/{part}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _list(descriptor, f"{part}/" if part else "", found)
    finally:
        os.close(descriptor)
    found.sort()
    return found


def _list(folder: int, path: str, found: list[File]) -> None:
    # By descriptors: the kernel then need not look up every long path anew.
    with os.scandir(folder) as entries:
        for entry in entries:
            name = path + entry.name
            if name == NAME:
                continue
            if not name.isascii():  # nor need it be text
                name = os.fsencode(name).decode("utf-8", "backslashreplace")
            status = entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                found.append((name, status.st_mode, 0, 0, 0, 0))
                inside = os.open(
                    entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder
                )
                try:
                    _list(inside, f"{name}/", found)
                finally:
                    os.close(inside)
            elif not stat.S_ISLNK(status.st_mode) or _leads_somewhere(entry):
                times = status.st_mtime_ns, status.st_ctime_ns
                found.append((name, status.st_mode, status.st_size, *times, status.st_ino))


def _leads_somewhere(link: os.DirEntry[str]) -> bool:
    try:
        link.stat()
    except OSError:
        return False
    return True
