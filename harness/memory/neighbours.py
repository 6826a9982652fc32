"""The files of a project that stand beside a sample, as a run can find them there."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def stands(folder: str, left_out: Collection[str]) -> list[bytes]:
    """All that stands in a folder, at any depth: names, modes, what links lead to, and contents.

    Args:
        folder: The folder.
        left_out: Files of which no more than the name counts.

    Raises:
        OSError: Something cannot be read.
    """
    found = [str(os.stat(folder).st_mode).encode()]  # noqa: PTH116
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            found.append(os.fsencode(entry.name))
            if entry.path in left_out:
                continue
            if entry.is_dir(follow_symlinks=False):
                found += stands(entry.path, left_out)
            else:
                found.append(marked(entry.path))
    return found


def marked(path: str) -> bytes:
    """What a reader of a file can tell of it, as a hash: where it is, who may read it, what it holds.

    Of what is neither a file nor a folder, and of a folder behind a link, only what it is counts:
    such a folder either counts by itself or is not shown to the sample.

    Raises:
        OSError: It cannot be read.
    """
    real = os.path.realpath(path)
    total = hashlib.sha256(os.fsencode(real) if os.path.islink(path) else b"")  # noqa: PTH114
    try:
        status = os.stat(real)  # noqa: PTH116
    except FileNotFoundError:
        if not os.path.islink(path):  # noqa: PTH114
            raise
        return total.digest()  # a link that leads nowhere
    total.update(f"\0{status.st_mode} {status.st_uid} {status.st_gid}\0".encode())
    if stat.S_ISREG(status.st_mode):
        with open(real, "rb") as file:  # noqa: PTH123
            total.update(file.read())
    else:
        total.update(f"{status.st_ino} {status.st_ctime_ns}".encode())
    return total.digest()
