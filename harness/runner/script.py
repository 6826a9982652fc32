"""A sample's file, read once: what is hashed, and what runs, are the same bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from harness.model import files
from harness.model.folder import RefusedError
from harness.model.problem import HarnessError


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample's file held when it was read."""

    path: str
    """Absolute; where the sample sees it."""
    within: str
    """The root that it does not lead out of."""
    data: bytes
    mode: int
    """Who may read, write and execute it."""
    mark: tuple[int, int, int]
    """Inode and times: another file in its place has others, even if it holds the same."""

    @property
    def sha256(self) -> str:
        """The checksum of its bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @classmethod
    def read(cls, path: Path, within: Path) -> Script:
        """Read a file.

        Args:
            path: The file.
            within: The root that it must not lead out of.

        Raises:
            OSError: It cannot be read, or leads elsewhere.
        """
        with files.opened(path, within) as file:
            found = os.fstat(file.fileno())
            if found.st_size > files.MOST_BYTES:
                raise RefusedError(f"expected at most {files.MOST_BYTES} bytes", path)
            return cls(
                path=str(path),
                within=str(within),
                data=file.read(found.st_size + 1),
                mode=found.st_mode & 0o777,
                mark=(found.st_ino, found.st_mtime_ns, found.st_ctime_ns),
            )

    def check(self, path: Path) -> None:
        """Make sure that a run which read the file by itself has read these bytes.

        Raises:
            HarnessError: The file has changed meanwhile.
        """
        try:
            same = Script.read(path, Path(self.within)) == self
        except OSError:
            same = False
        if not same:
            raise HarnessError(
                f"{path} changed while it ran: nobody knows which of its bytes did",
                "run it again while nothing writes to it",
            )
