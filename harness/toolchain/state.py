"""How a folder is made whole or not at all, and a project that may be written to."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness import __version__
from harness.model import private
from harness.model.problem import HarnessError
from harness.model.root import BUNDLED
from harness.toolchain.cache import made_cache
from harness.toolchain.manifest import condition, note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOT_COPIED = ("node_modules", "__pycache__", ".gitignore")


def workspace(root: Path) -> Path:
    """The root to work on: the project itself, or a copy of the one inside this package.

    Nothing is ever written beside an installed package. The copy lies in the user's cache, named
    by version and contents, so that it is made once and an edited package gets one of its own.

    Raises:
        HarnessError: The cache cannot be written to.
    """
    if root != BUNDLED:
        return root
    target = made_cache() / "bundled" / f"{__version__}-{_contents(root)[:12]}"

    def copy(folder: Path) -> None:
        skip = shutil.ignore_patterns(*NOT_COPIED)
        shutil.copytree(root / "samples", folder / "samples", ignore=skip)

    return made_whole(target, (target / "samples/catalog.yaml").exists, copy)


def _contents(root: Path) -> str:
    """A hash over the names and bytes of a project's files."""
    total = hashlib.sha256()
    for folder, names, files in os.walk(root / "samples"):
        names[:] = sorted(name for name in names if name not in NOT_COPIED)
        for name in sorted(files):
            path = Path(folder, name)
            data = path.read_bytes()
            total.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode())
            total.update(data)
    return total.hexdigest()


def installed(
    folder: Path, install: Callable[[Path], None], announce: Callable[[str], None], part: str = ""
) -> Path:
    """A folder with what was installed into it: the one that is there, or one made now.

    One that was damaged after it was installed is made anew, and the user is told why.

    Args:
        folder: Its place.
        install: Fills the empty folder that it is given.
        announce: Told what is damaged.
        part: A folder in it, if the rest does not matter.

    Raises:
        HarnessError: The folder cannot be written to, or `install` failed.
    """

    def is_whole() -> bool:
        damage = condition(str(folder), part).damage
        if damage and folder.exists() and not said:
            said.append(damage)
            announce(f"{folder} is damaged ({damage}); installing it anew …")
        return not damage

    def fill(new: Path) -> None:
        install(new)
        note(new)

    said: list[str] = []
    return made_whole(folder, is_whole, fill)


def made_whole(folder: Path, is_whole: Callable[[], bool], make: Callable[[Path], None]) -> Path:
    """A folder that is whole: the one that is there, or one made now.

    It is made beside its place and renamed when it is finished, under a lock, so that neither two
    processes at once nor one that is ended half-way can leave a broken one.

    Args:
        folder: Its place.
        is_whole: Whether the one that is there is whole; a broken one is made anew.
        make: Fills the empty folder that it is given.

    Raises:
        HarnessError: The folder cannot be written to, or `make` failed.
    """
    if is_whole():
        return folder
    private.make(folder.parent)
    with writing(folder.parent), locked(folder.with_name(f"{folder.name}.lock")):
        if is_whole():  # another process was first
            return folder
        new = folder.with_name(f"{folder.name}.new")
        for leftover in (new, folder):
            private.remove(leftover)
        new.mkdir()
        try:
            make(new)
            new.rename(folder)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
    return folder


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses into an error that names the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise HarnessError(
            f"cannot write in {folder}: {error.strerror or error}",
            "make the folder writable and see that the disk has room, then run it again",
        ) from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; the system lifts the lock of one that dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        new.write_bytes(data)
        new.replace(path)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()
