"""Writes files whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from harness.model.problem import HarnessError

READABLE = 0o644


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
