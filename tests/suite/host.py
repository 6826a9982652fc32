"""What a sample might reach on this machine: opened by a test, and deaf to the rest of the world."""

from __future__ import annotations

import ctypes
import os
import secrets
import selectors
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n"
ADDRESS = "127.0.0.2"
"""Loopback, yet another address than the gateway's."""


def keep_key(name: str) -> bool:
    """Keep a key with this name in this process's session keyring, a new one (keyrings(7))."""
    machine = os.uname().machine
    keyctl, add_key = {"x86_64": (250, 248)}.get(machine, (219, 217))
    libc = ctypes.CDLL(None)
    if libc.syscall(keyctl, 1, None) < 0:
        return False
    return libc.syscall(add_key, b"user", name.encode(), b"secret", 6, -3) > 0


class Host:
    """Sockets of every kind, a home with a key in it, and a process with a secret."""

    def __init__(self, folder: Path) -> None:
        """Open everything; what is received is kept in `heard`."""
        self.heard: list[str] = []
        self._clients: list[socket.socket] = []
        self.marker = f"marker-{secrets.token_hex(8)}"
        self.abstract = f"sampleproof-{self.marker}"
        self.unix = folder / "host.socket"
        self.home = folder / "home"
        self.key = self.home / ".ssh" / "id_test"
        self.key.parent.mkdir(parents=True)
        self.key.write_text("a private key\n")
        self.has_keys = keep_key(self.marker)
        self._selector = selectors.DefaultSelector()
        self._open()
        self._rest, rest = socket.socketpair()
        self._selector.register(rest, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        environment = {"SECRET": self.marker, "PATH": os.defpath}
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f"sleep 600; : {self.marker}"],
            env=environment,
            cwd=folder,
            start_new_session=True,  # so that the sleep goes with its shell
        )

    def _open(self) -> None:
        tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
        self.port = self._bind(socket.AF_INET, tcp, (ADDRESS, 0))
        self._bind(socket.AF_INET, udp, (ADDRESS, self.port))
        self._bind(socket.AF_UNIX, tcp, str(self.unix))
        self._bind(socket.AF_UNIX, tcp, f"\0{self.abstract}")
        self.has_ipv6 = self.serves_names = True
        try:
            self._bind(socket.AF_INET6, tcp, ("::1", self.port))
        except OSError:
            self.has_ipv6 = False
        try:
            self._bind(socket.AF_INET, udp, (ADDRESS, 53))
        except OSError:
            self.serves_names = False

    def _bind(self, family: int, kind: int, address: str | tuple[str, int]) -> int:
        sock = socket.socket(family, kind)
        try:
            sock.bind(address)
        except OSError:
            sock.close()
            raise
        if kind == socket.SOCK_STREAM:
            sock.listen()
        self._selector.register(sock, selectors.EVENT_READ, address)
        name = sock.getsockname()
        return name[1] if isinstance(name, tuple) else 0

    def _listen(self) -> None:
        while True:
            for key, _ in self._selector.select():
                sock = key.fileobj
                if key.data is None:
                    return
                self.heard.append(f"{sock.type.name} {key.data}")
                if sock.type == socket.SOCK_DGRAM:
                    query, sender = sock.recvfrom(2048)
                    # As an answer to a name server's query: there is no such name (RFC 1035).
                    sock.sendto(query[:2] + b"\x81\x83" + query[4:], sender)
                    continue
                client, _ = sock.accept()
                self._clients.append(client)  # left open: the other side closes when it has heard
                with suppress(OSError):
                    client.sendall(ANSWER)

    def words(self) -> dict[str, str]:
        """What stands in an attempt for something of this host."""
        return {
            "__PORT__": str(self.port),
            "__UNIX__": str(self.unix),
            "__ABSTRACT__": self.abstract,
            "__SECRET__": str(self.key),
            "__MARKER__": self.marker,
        }

    def close(self) -> None:
        """Close everything."""
        self._rest.close()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        for client in self._clients:
            client.close()
        self._selector.close()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
