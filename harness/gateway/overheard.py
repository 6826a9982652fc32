"""A client's socket, and a reader of what it sends, that let somebody hear every byte that comes.

Heard is what comes and not what is asked for: where a client resets its connection, bytes that have
come can no longer be read from a reader, and they count all the same.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer


class OverheardSocket(socket.socket):
    """A socket whose bytes are heard as they are on the wire, once somebody listens."""

    hear: Callable[[bytes], None] | None = None

    @classmethod
    def of(cls, sock: socket.socket) -> OverheardSocket:
        """The same connection; the socket that is given is used up."""
        return cls(sock.family, sock.type, sock.proto, sock.detach())

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As `socket.recv`; a look ahead is not heard."""
        data = super().recv(size, flags)
        if self.hear is not None and not flags:
            self.hear(data)
        return data

    def recv_into(self, buffer: Buffer, size: int = 0, flags: int = 0) -> int:
        """As `socket.recv_into`."""
        count = super().recv_into(buffer, size, flags)
        if self.hear is not None:
            self.hear(bytes(memoryview(buffer)[:count]))
        return count


class OverheardReader(asyncio.StreamReader):
    """A reader whose bytes are heard before anybody reads them, out of TLS if they came in it."""

    def __init__(self, hear: Callable[[bytes], None], loop: asyncio.AbstractEventLoop) -> None:
        """Tell of bytes as they come."""
        super().__init__(loop=loop)
        self._hear = hear

    def feed_data(self, data: Any) -> None:
        """As `StreamReader.feed_data`."""
        self._hear(data)
        super().feed_data(data)
