"""A folder, opened step by step from a root: no link on the way leads out of the root.

Whoever writes a project's files may put a link in any place, and change it at any time. So a path
is never looked up as a whole: each folder is opened in the one before it, without following links.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO, Self

READABLE = 0o644

MOST_NAMES = 20_000
"""Of one folder that are looked at."""

SHOWN = 200
"""Characters of what a link leads to that a message shows."""

_LOOK = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_PASS = _LOOK | getattr(os, "O_PATH", 0)  # asks for no more than passing through, where that is had


class RefusedError(OSError):
    """Something is there that is neither read nor replaced: a link, a pipe, a file too large."""

    def __init__(self, why: str, path: str | Path, hint: str = "") -> None:
        super().__init__(errno.EINVAL, why, str(path))
        self.hint = hint
        """What to do about it."""


class LinkError(RefusedError):
    """A link is on the way, or the last of it."""

    def __init__(self, path: str, leads: str) -> None:
        super().__init__(
            f"this is a link, to {shown(leads)}, and nothing is written through links",
            path,
            "put a folder or a file in its place, or name what it leads to",
        )


class Folder:
    """An open folder within a root. What is in it is reached by name alone."""

    def __init__(
        self, path: str | Path, within: str | Path, *, make: bool = False, look: bool = False
    ) -> None:
        """Open it.

        Args:
            path: The folder.
            within: Its root, or itself. Links that lead there are followed.
            make: Whether folders that are missing are made; the root, too.
            look: Whether its names will be asked for.

        Raises:
            LinkError: A link is on the way.
            OSError: It cannot be opened, or is not within its root.
        """
        self.path = os.path.abspath(path)  # noqa: PTH100  (a Path keeps `..`)
        root = os.path.abspath(within)  # noqa: PTH100
        steps = _steps(self.path, root)
        if make:
            os.makedirs(root, exist_ok=True)  # noqa: PTH103
        last = _LOOK if look else _PASS
        self._handle = os.open(root, (_PASS if steps else last) & ~os.O_NOFOLLOW)
        try:
            for number, step in enumerate(steps, start=1):
                place = os.path.join(root, *steps[:number])  # noqa: PTH118
                self._enter(step, place, last if number == len(steps) else _PASS, make=make)
        except BaseException:
            os.close(self._handle)
            raise

    def _enter(self, name: str, place: str, flags: int, *, make: bool) -> None:
        if make:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=self._handle)
        try:
            inside = os.open(name, flags, dir_fd=self._handle)
        except OSError as error:
            if error.errno in {errno.ENOTDIR, errno.ELOOP}:
                self._refuse_link(name, place)
            raise type(error)(error.errno, error.strerror, place) from None
        os.close(self._handle)
        self._handle = inside

    def _refuse_link(self, name: str, place: str) -> None:
        try:
            leads = os.readlink(name, dir_fd=self._handle)
        except OSError:
            return
        raise LinkError(place, leads)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)

    def names(self) -> list[str]:
        """What is in it, in order.

        Raises:
            RefusedError: That is more than anybody puts into one folder.
        """
        found = []
        with os.scandir(self._handle) as entries:
            for entry in entries:
                found.append(entry.name)
                if len(found) > MOST_NAMES:
                    raise RefusedError(
                        f"more than {MOST_NAMES} files are in this folder", self.path
                    )
        return sorted(found)

    def open(self, name: str) -> BinaryIO:
        """Open a plain file to be read; nothing else is even touched.

        Raises:
            LinkError: It is a link.
            OSError: It cannot be read, or is no plain file.
        """
        place = f"{self.path}/{name}"
        try:
            _see_plain(os.stat(name, dir_fd=self._handle, follow_symlinks=False), place)
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_NOFOLLOW
            handle = os.open(name, flags, dir_fd=self._handle)
        except ValueError as error:  # a NUL in its name
            raise OSError(errno.EINVAL, f"no such file can be: {error}", place) from None
        except RefusedError:
            self._refuse_link(name, place)
            raise
        except OSError as error:
            raise type(error)(error.errno, error.strerror, place) from None
        try:
            _see_plain(os.fstat(handle), place)
        except OSError:
            os.close(handle)
            raise
        return os.fdopen(handle, "rb")

    def mode(self, name: str) -> int:
        """Who may read and write a file that may be replaced, or those of a new one.

        Raises:
            LinkError: A link is there.
            RefusedError: A pipe or a device is there.
        """
        try:
            found = os.stat(name, dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return READABLE
        self._refuse_link(name, f"{self.path}/{name}")
        if not stat.S_ISDIR(found.st_mode):  # a folder is told by what renames
            _see_plain(found, f"{self.path}/{name}")
        return stat.S_IMODE(found.st_mode)

    def create(self, name: str, mode: int = READABLE) -> BinaryIO:
        """A new file, to be written, read again, and renamed.

        Raises:
            OSError: It cannot be made, or is there.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(name, flags, 0o600, dir_fd=self._handle)
        os.fchmod(handle, mode)
        return os.fdopen(handle, "w+b")

    def append(self, name: str) -> BinaryIO:
        """A file that is there, or a new one, to be written on.

        Raises:
            LinkError: A link is there.
            OSError: It cannot be opened, or is no plain file.
        """
        flags = (
            os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        )
        mode = self.mode(name)
        return os.fdopen(os.open(name, flags, mode, dir_fd=self._handle), "ab")

    def put(self, beside: str, name: str) -> None:
        """Give a file that we made its name. A link that stands there is replaced, not followed.

        Raises:
            OSError: It cannot be done.
        """
        os.rename(beside, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def link(self, name: str, target: str) -> None:
        """Put a link that we made in its place.

        Raises:
            OSError: It cannot be made.
        """
        beside = f".{name}.{os.getpid()}"
        self.remove(beside)
        os.symlink(target, beside, dir_fd=self._handle)
        os.rename(beside, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there.

        Raises:
            OSError: It cannot be removed.
        """
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._handle)


def shown(text: str) -> str:
    """What a link leads to, in one line."""
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return cut if cut.isprintable() else ascii(cut)


def _steps(path: str, root: str) -> list[str]:
    """From the root to the folder."""
    if path == root:
        return []
    if "\0" in path:
        raise OSError(errno.EINVAL, "no such file can be: its name has a NUL", path)
    above = root if root.endswith("/") else f"{root}/"
    if not path.startswith(above):
        raise RefusedError(f"it is not in {root}", path)
    return path.removeprefix(above).split("/")


def _see_plain(found: os.stat_result, place: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "expected a file; this is a folder", place)
    if not stat.S_ISREG(found.st_mode):
        raise RefusedError("expected a plain file; this is none", place, "remove it")
