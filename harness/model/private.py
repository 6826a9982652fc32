"""Folders that are this user's alone, so that what lies in them can be believed, and removed.

A link in the place of one, a folder of somebody else's, and one in which others may write are
refused: whoever can put files there could have the harness believe them, or remove others.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

MODE = 0o700

ELSEWHERE = "set SAMPLEPROOF_CACHE_DIR to a folder of your own"
"""What helps wherever the usual place does not do."""


def check(folder: Path) -> bool:
    """Whether there is such a folder; if there is, it is made sure that it is this user's alone.

    Raises:
        HarnessError: It is not, or something else is in its place.
    """
    try:
        about = os.lstat(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise HarnessError(
            f"{folder} cannot be looked at: {error.strerror}", f"make it yours, or {ELSEWHERE}"
        ) from error
    if not stat.S_ISDIR(about.st_mode):
        what = "a link" if stat.S_ISLNK(about.st_mode) else "no folder"
        message = f"{folder} is {what}; it has to be a folder of its own"
        raise HarnessError(message, f"look what it is, then run: rm {shlex.quote(str(folder))}")
    check_owner(folder, about)
    if about.st_mode & 0o077:
        close(folder)
    return True


def check_owner(folder: Path, about: os.stat_result) -> None:
    """Make sure that a folder is this user's, and that nobody else may write in it.

    Raises:
        HarnessError: It is not.
    """
    if about.st_uid != os.geteuid():
        raise HarnessError(
            f"{folder} belongs to another user (number {about.st_uid}; you are {os.geteuid()})",
            f"run it as that user, without sudo, or {ELSEWHERE}",
        )
    if about.st_mode & 0o022:
        raise HarnessError(
            f"others than you may write in {folder}",
            f"see that all in it is yours, then run: chmod go-w {shlex.quote(str(folder))}; or {ELSEWHERE}",
        )


def close(folder: Path) -> None:
    """Let nobody else look into a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(handle, MODE)
        finally:
            os.close(handle)


def check_within(folder: Path) -> None:
    """Make sure that nothing in a folder, which is there, is a link.

    Raises:
        HarnessError: Something is, or it cannot be looked into.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted(entry.path for entry in entries if entry.is_symlink())
    except OSError as error:
        message = f"{folder} cannot be looked into: {error.strerror}"
        raise HarnessError(message, f"make it yours, or {ELSEWHERE}") from error
    if found:
        message = f"{found[0]} is a link; nothing here is to lead elsewhere"
        raise HarnessError(message, f"look what it is, then run: rm {shlex.quote(found[0])}")


def read(path: Path) -> bytes:
    """What a file of this user's own holds.

    Raises:
        OSError: It cannot be read, is a link or no plain file, or is somebody else's.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "expected a file of one's own", str(path))
        return file.read()


def make(folder: Path) -> Path:
    """A folder that is this user's alone: the one that is there, or one made now.

    Raises:
        HarnessError: It is not, or cannot be made.
    """
    if not check(folder):
        try:
            if not folder.parent.exists():
                make(folder.parent)
            with suppress(FileExistsError):  # another process was first
                folder.mkdir(mode=MODE)
        except OSError as error:
            raise HarnessError(
                f"cannot write in {folder}: {error.strerror or error}",
                f"make it writable and see that the disk has room, or {ELSEWHERE}",
            ) from error
        check(folder)
    return folder


def remove(path: Path) -> None:
    """Remove what is in a place: a folder with all that is in it, or a file, or a link by itself.

    Raises:
        OSError: It cannot be removed.
    """
    try:
        about = os.lstat(path)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(about.st_mode):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
