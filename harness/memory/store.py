"""Entries on disk: each a file of its own, named by its key, whole or not there.

Any number of processes may read and write at once. A file that is not what it should be is as good
as none.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from harness.model import private
from harness.model.files import keep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT_BYTES = 64_000_000
"""What all entries may take together; those that were not used for longest go first."""

MARK = b"sampleproof result\n"
SEAL = hashlib.sha256

NAMES = re.compile(r"[0-9a-f]{64}|\.[0-9a-f]{64}\.[0-9a-f]+")
"""Of entries, and of what `keep` writes beside them: nothing else is ever removed."""

LEFTOVER_S = 600.0
"""A file beside its place that is older was left by a process that was killed."""


class Size(msgspec.Struct, frozen=True):
    """How much is kept."""

    entries: int
    bytes: int


class Store:
    """A folder of entries."""

    def __init__(self, folder: Path, limit: int = LIMIT_BYTES) -> None:
        """Keep entries in a folder, which need not exist.

        Raises:
            HarnessError: It is not this user's alone, or no folder.
        """
        private.check(folder)
        self.folder = folder
        self.limit = limit

    def read(self, key: str) -> bytes | None:
        """An entry, or `None` if there is none that is whole."""
        path = f"{self.folder}/{key}"
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                data = file.read()
            os.utime(path)  # it is in use, so it goes last
        except OSError:
            return None
        head = len(MARK) + SEAL().digest_size
        body = data[head:]
        return body if data[:head] == _head(key, body) else None

    def write(self, key: str, body: bytes) -> None:
        """Keep an entry; a disk that takes none is no reason to fail."""
        keep(self.folder / key, _head(key, body) + body)

    def remove(self, key: str) -> None:
        """Forget an entry."""
        with suppress(OSError):
            (self.folder / key).unlink()

    def trim(self) -> None:
        """Keep to the limit, and sweep what was left half-written."""
        found = sorted(self._files())
        too_much = sum(size for _, size, _ in found) - self.limit
        for changed, size, name in found:
            if name.startswith("."):
                if time.time() - changed > LEFTOVER_S:
                    self.remove(name)
            elif too_much > 0:
                self.remove(name)
                too_much -= size

    def size(self) -> Size:
        """How much is kept."""
        sizes = [size for _, size, name in self._files() if not name.startswith(".")]
        return Size(len(sizes), sum(sizes))

    def clear(self) -> Size:
        """Forget everything; tells how much it was."""
        size = self.size()
        for _, _, name in list(self._files()):
            self.remove(name)
        return size

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """When it was last used, bytes and name of each file that can be one of ours."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if NAMES.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                        found = entry.stat(follow_symlinks=False)
                        yield found.st_mtime, found.st_size, entry.name


def _head(key: str, body: bytes) -> bytes:
    """What an entry begins with: it belongs to its name, and to nothing else."""
    return MARK + SEAL(key.encode() + body).digest()
