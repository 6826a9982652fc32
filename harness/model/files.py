"""Reads files that people give us, and writes files whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from typing import BinaryIO

READABLE = 0o644

MOST_BYTES = 16 << 20
"""Of a file that people edit."""


def opened(path: Path) -> BinaryIO:
    """Open a file, if it is one: a pipe would be waited for, and a device read for ever.

    Raises:
        OSError: It cannot be read, or is no plain file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a NUL in its name
        raise OSError(errno.EINVAL, f"no such file can be: {error}", str(path)) from None
    about = os.fstat(handle)
    if stat.S_ISREG(about.st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, "expected a file; this is a folder", str(path))
    raise OSError(errno.EINVAL, "expected a plain file; this is none", str(path))


def read(path: Path, most: int = MOST_BYTES) -> bytes:
    """What a file holds.

    Args:
        path: The file.
        most: How many bytes it may have.

    Raises:
        OSError: It cannot be read, is no plain file, or is larger.
    """
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"expected at most {most} bytes", str(path))
    return content


def replace(path: Path, content: bytes) -> None:
    """Put a file in its place: written beside, then renamed. Its mode and a link to it are kept.

    Raises:
        HarnessError: It cannot be written; then what was there still is.
    """
    import tempfile

    beside = None
    try:
        place = path.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        mode = place.stat().st_mode & 0o7777 if place.exists() else READABLE
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        beside = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        beside.chmod(mode)
        beside.replace(place)
    except OSError as error:
        if beside is not None:
            beside.unlink(missing_ok=True)
        raise HarnessError(
            f"{path} cannot be written: {error.strerror}", "make the folder writable"
        ) from error


def keep(path: Path, content: bytes) -> None:
    """Put a file in its place, whole, if that can be done: for what can be done without."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(content)
            beside.replace(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
