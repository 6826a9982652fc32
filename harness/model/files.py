"""Reads files that people give us, and writes files whole or not at all, each within a root."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.folder import Folder, LinkError, RefusedError, shown
from harness.model.problem import HarnessError, InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

MOST_BYTES = 16 << 20
"""Of a file that people edit."""


def opened(path: Path, within: Path) -> BinaryIO:
    """Open a file, if it is one: a pipe would be waited for, and a device read for ever.

    Links are followed to plain files within the root, and nowhere else.

    Args:
        path: The file.
        within: The root that it is in.

    Raises:
        OSError: It cannot be read, is no plain file, or is not within its root.
    """
    try:
        with Folder(path.parent, within) as folder:
            return folder.open(path.name)
    except LinkError:
        place, root = _real(path, within)
    with _circles(path), Folder(place.parent, root) as folder:
        return folder.open(place.name)


def read(path: Path, within: Path, most: int = MOST_BYTES) -> bytes:
    """What a file holds.

    Args:
        path: The file.
        within: The root that it is in.
        most: How many bytes it may have.

    Raises:
        OSError: It cannot be read, is no plain file, is larger, or is not within its root.
    """
    with opened(path, within) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= most:
            content = file.read(size + 1)
            if len(content) > size:  # it grows
                content += file.read(most)
            if len(content) <= most:
                return content
    raise RefusedError(f"expected at most {most} bytes", path)


def names(path: Path, within: Path) -> list[str]:
    """What is in a folder, in order. Links are followed to folders within the root.

    Raises:
        OSError: It cannot be looked into, is no folder, or is not within its root.
    """
    try:
        with Folder(path, within, look=True) as folder:
            return folder.names()
    except LinkError:
        place, root = _real(path, within)
    with _circles(path), Folder(place, root, look=True) as folder:
        return folder.names()


def listed(path: Path, within: Path, ending: str = "") -> list[str]:
    """What ends in some way in a folder, in order; nothing if it is not there.

    Raises:
        InvalidError: It leads out of its root, or is no folder that can be looked into.
    """
    try:
        return [name for name in names(path, within) if name.endswith(ending) and name[0] != "."]
    except FileNotFoundError:
        return []
    except OSError as error:
        message = f"cannot be looked into: {error.strerror}"
        raise InvalidError([Problem(file=str(path), message=message)]) from error


def above(path: Path, name: str) -> Path:
    """The root of a path of which the end is known; the folder that it is in, if its end is another."""
    parts = Path(name).parts
    known = path.parts[-len(parts) :] == parts and len(parts) < len(path.parts)
    return path.parents[len(parts) - 1] if known else path.parent


def bounds(path: Path, *homes: Path) -> Path:
    """What a path that the user names must not leave by a link.

    That is the first of the homes that it is in, as it is spelt; then the folder where the user is;
    else, where nobody else's links can be on the way, the nearest folder that is there.

    Args:
        path: A file or a folder, which need not be there.
        homes: The project's root, for one.
    """
    place = Path(os.path.abspath(path))  # noqa: PTH100  (without following anything)
    over = [*reversed(place.parents)]
    for home in (*homes, Path.cwd()):
        for one in over:
            with suppress(OSError):
                if one.samefile(home):
                    return one
    return next((one for one in place.parents if one.is_dir()), place.parent)


def replace(path: Path, content: bytes, within: Path) -> None:
    """Put a file in its place: written beside, then renamed. The mode of what was there is kept.

    Args:
        path: The file. Folders that are missing are made.
        content: What it will hold.
        within: The root, out of which nothing is written.

    Raises:
        InvalidError: A link is on the way or in its place, or what is there is no file.
        HarnessError: It cannot be written. In either case what was there still is.
    """
    with told(path), Folder(path.parent, within, make=True) as folder:
        _put(folder, path.name, content)


def append(path: Path, content: bytes, within: Path) -> None:
    """Add to a file, or begin one.

    Raises:
        InvalidError: A link is on the way or in its place, or what is there is no file.
        HarnessError: It cannot be written.
    """
    with told(path), Folder(path.parent, within) as folder, folder.append(path.name) as file:
        file.write(content)


def check(paths: Iterable[Path], within: Path) -> None:
    """See that files can be put in their places, before the first of them is.

    Raises:
        InvalidError: Links are on the way or in their place, or what is there is no file.
    """
    check_all((path, within) for path in paths)


def check_all(paths: Iterable[tuple[Path, Path]]) -> None:
    """The same for files each of which has its own root."""
    problems: set[Problem] = set()
    for path, within in paths:
        try:
            with told(path), Folder(path.parent, within) as folder:
                folder.mode(path.name)
        except InvalidError as error:
            problems.update(error.problems)
        except HarnessError:
            continue  # a folder that is not there yet; all else is told when it is written
    if problems:
        raise InvalidError(problems)


def leave_out_of_git(folder: Path, within: Path, names: str = "*") -> None:
    """Have git see nothing of what is written into a folder, if nobody has said what it is to see.

    Args:
        folder: The folder.
        within: The root that it is in.
        names: What git leaves out, in its words: lines of a `.gitignore`.
    """
    with (
        suppress(OSError),
        Folder(folder, within, make=True) as place,
        place.create(".gitignore") as file,
    ):
        file.write(f"{names}\n".encode())


def keep(path: Path, content: bytes) -> None:
    """Put a file in its place, whole, if that can be done: for what can be done without."""
    with suppress(OSError), Folder(path.parent, path.parent, make=True) as folder:
        _put(folder, path.name, content)


def _put(folder: Folder, name: str, content: bytes) -> None:
    mode, beside = folder.mode(name), f".{name}.{secrets.token_hex(4)}"
    try:
        with folder.create(beside, mode) as file:
            file.write(content)
        folder.put(beside, name)
    except BaseException:
        folder.remove(beside)
        raise


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell why a file was not written: what the user put there, or what the system says."""
    try:
        yield
    except RefusedError as error:
        problem = Problem(
            file=str(error.filename or path), message=str(error.strerror), hint=error.hint
        )
        raise InvalidError([problem]) from error
    except OSError as error:
        raise HarnessError(
            f"{path} cannot be written: {error.strerror}", "make the folder writable"
        ) from error


def _real(path: Path, within: Path) -> tuple[Path, Path]:
    """Where a path leads, and its root, both without links."""
    root, place = Path(os.path.realpath(within)), Path(os.path.realpath(path))
    if not place.is_relative_to(root):
        leads = f"this leads out of {root}, to {shown(str(place))}"
        raise RefusedError(leads, path, "put the file itself in the link's place")
    return place, root


@contextmanager
def _circles(path: Path) -> Iterator[None]:
    """A path that is still a link, after all have been followed, leads in a circle."""
    try:
        yield
    except LinkError:
        raise RefusedError(
            os.strerror(errno.ELOOP), path, "put the file itself in the link's place"
        ) from None
