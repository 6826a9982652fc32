"""Which of the project's files a sealed run opens. Standard library only.

The seal shows the project's folders through layers of its own, so that what is noted here was opened
in this run, and in no other that goes on beside it. Source: inotify(7).
"""

from __future__ import annotations

import os
import struct

from harness.runner import kernel

TYPE_CHECKING = False  # to import `typing` takes a third of a starter's start
if TYPE_CHECKING:
    from collections.abc import Iterable

EVENT = struct.Struct("iIII")
IN_OPEN, IN_Q_OVERFLOW, IN_ISDIR = 0x20, 0x4000, 0x40000000
BUFFER = 1 << 16


class Watch:
    """Notes what is opened in some folders."""

    def __init__(self, folders: Iterable[str]) -> None:
        """Begin to note.

        Raises:
            OSError: The kernel gives no such watch.
        """
        self._descriptor = kernel.inotify()
        self._folders = {
            kernel.watch_folder(self._descriptor, folder, IN_OPEN): folder for folder in folders
        }

    def files(self) -> list[str] | None:
        """The files that were opened so far; `None` if they were too many to tell."""
        found: set[str] = set()
        while True:
            try:
                data = os.read(self._descriptor, BUFFER)
            except BlockingIOError:
                return sorted(found)
            place = 0
            while place < len(data):
                number, mask, _, size = EVENT.unpack_from(data, place)
                name = data[place + EVENT.size : place + EVENT.size + size].rstrip(b"\0")
                place += EVENT.size + size
                if mask & IN_Q_OVERFLOW:
                    return None
                if name and not mask & IN_ISDIR:
                    found.add(f"{self._folders[number]}/{os.fsdecode(name)}")
