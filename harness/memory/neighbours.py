"""The files of a project that stand beside a sample, as a run can find them there."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model import files

if TYPE_CHECKING:
    from collections.abc import Collection


MOST_FILES, MOST_DEPTH = 20_000, 50
"""That are looked at beside a sample; who keeps more there has answers that are not remembered."""


def stands(folder: str, left_out: Collection[str], depth: int = 0) -> list[bytes]:
    """All that stands in a folder, at any depth: names, modes, what links lead to, and contents.

    Args:
        folder: The folder.
        left_out: Files of which no more than the name counts.
        depth: How deep it is already.

    Raises:
        OSError: Something cannot be read, or there is too much.
    """
    found = [str(os.stat(folder).st_mode).encode()]  # noqa: PTH116
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            found.append(os.fsencode(entry.name))
            if entry.path in left_out:
                continue
            if entry.is_dir(follow_symlinks=False):
                found += stands(entry.path, left_out, depth + 1)
            else:
                found.append(marked(entry.path))
            if len(found) > MOST_FILES or depth > MOST_DEPTH:
                raise OSError(errno.EFBIG, "more than anybody keeps beside a sample", folder)
    return found


def marked(path: str) -> bytes:
    """What a reader of a file can tell of it, as a hash: where it is, who may read it, what it holds.

    What is behind a link, which may be anybody's, and what is large is not read: it counts by size
    and times. Of what is neither a file nor a folder, and of a folder behind a link, only what it
    is counts: such a folder either counts by itself or is not shown to the sample.

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
        if os.path.islink(path) or status.st_size > files.MOST_BYTES:  # noqa: PTH114
            times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
            total.update(f"{status.st_ino} {status.st_size} {times}".encode())
        else:
            total.update(files.read(Path(path), Path(path).parent))
    else:
        total.update(f"{status.st_ino} {status.st_ctime_ns}".encode())
    return total.digest()
