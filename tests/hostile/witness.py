"""Sees whether anything of a user's is read, changed, or sent: files that nobody may touch."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import threading
from hashlib import sha256
from pathlib import Path

IN_ACCESS, IN_OPEN = 0x1, 0x20
EVENT = struct.Struct("iIII")
CACHES = {".cache", ".npm"}
"""Folders in which installers keep what they have fetched: theirs to write."""
LIBC = ctypes.CDLL(None, use_errno=True)


class Witness:
    """Watches folders: which of their files are opened (inotify(7)), and what becomes of them."""

    def __init__(self, *roots: Path) -> None:
        self._roots = roots
        self._before = self._standing()
        self._descriptor = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._folders = {}
        for root in roots:
            for folder, names, _ in os.walk(root):
                names[:] = {*names} - CACHES
                number = LIBC.inotify_add_watch(
                    self._descriptor, os.fsencode(folder), IN_ACCESS | IN_OPEN
                )
                assert number >= 0, os.strerror(ctypes.get_errno())
                self._folders[number] = folder

    def read(self) -> set[str]:
        """The files that were opened since the last call."""
        found = set()
        while True:
            try:
                data = os.read(self._descriptor, 1 << 16)
            except BlockingIOError:
                return found
            place = 0
            while place < len(data):
                number, _, _, size = EVENT.unpack_from(data, place)
                name = data[place + EVENT.size :][:size].rstrip(b"\0").decode()
                place += EVENT.size + size
                if name and not Path(self._folders[number], name).is_dir():
                    found.add(f"{self._folders[number]}/{name}")

    def changed(self) -> set[str]:
        """What is not as it was: new, gone, or another."""
        now = self._standing()
        self.read()  # we have just opened all of it
        return {path for path in {*now, *self._before} if now.get(path) != self._before.get(path)}

    def close(self) -> None:
        os.close(self._descriptor)

    def _standing(self) -> dict[str, str]:
        found = {}
        for root in self._roots:
            for folder, names, files in os.walk(root):
                names[:] = {*names} - CACHES
                for name in (*names, *files):
                    path = Path(folder, name)
                    kind = path.lstat()
                    what = f"{kind.st_mode:o} {kind.st_uid}"
                    if path.is_symlink():
                        what += f" {path.readlink()}"
                    elif path.is_file():
                        what += sha256(path.read_bytes()).hexdigest()
                    found[str(path)] = what
        return found


class Collector:
    """Listens on loopback, where traps would have things sent; keeps what came."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.came: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(1)
                try:
                    self.came.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                except OSError:
                    self.came.append(b"(nothing that could be read)")

    def close(self) -> None:
        self._listener.close()
