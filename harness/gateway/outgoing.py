"""One answer on the wire, framed by us, since a fault must be able to break the frame.

Each chunk is one write, and one HTTP chunk if the body is chunked. What comes without a pause
between, a head with its first chunk or a last chunk with the end, goes out as one write: it is put
off until there is more, or until `flush`, which is due whenever a responder waits.
"""

from __future__ import annotations

import socket
import struct
import zlib
from typing import TYPE_CHECKING

from harness.gateway.coding import decoder_for, uncoded
from harness.model.problem import HarnessError

if TYPE_CHECKING:
    import asyncio

    from harness.gateway.reading import Incoming
    from harness.gateway.responder import Chunk, End, Head
    from harness.model.coding import Decoder
    from harness.model.recording import Framing

CHUNKED = "Transfer-Encoding: chunked\r\n"
BODILESS = frozenset({204, 304})
NO_LINGER = struct.pack("ii", 1, 0)


class Outgoing:
    """Writes the parts of one answer."""

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        incoming: Incoming,
    ) -> None:
        """Write to a connection.

        Args:
            transport: The connection.
            incoming: The request that is answered.
        """
        self._transport = transport
        self._incoming = incoming
        self._waiting = b""
        self._has_chunk = False
        self._keep_alive = incoming.keep_alive
        self.started = False
        """Whether a head has been given."""

    def head(self, head: Head) -> None:
        """Begin the answer.

        Raises:
            HarnessError: The head contradicts itself.
        """
        self.started = True
        if head.framing == "length" and head.length is None:
            raise HarnessError("an answer framed by its length has none", "mend the responder")
        request = self._incoming.request
        self._silent = request.method == "HEAD" or head.status in BODILESS
        self._decoder = decoder_for(head, request)
        self._coding = head.coding
        framing = self._framing(head)
        self._chunked = framing == "chunked"
        self._left = head.length if framing == "length" else None
        if head.closes or (framing == "close" and not self._silent):
            self._keep_alive = False
        lines = head.lines if self._decoder is None else uncoded(head).lines
        if head.status not in BODILESS and framing != "close":
            lines += CHUNKED if self._chunked else f"Content-Length: {self._left}\r\n"
        if not self._keep_alive and not head.closes:
            lines += "Connection: close\r\n"
        self._put((lines + "\r\n").encode("latin-1", "replace"))

    def _framing(self, head: Head) -> Framing:
        """The framing asked for, unless the client or the decoder stands against it."""
        framing = head.framing
        if self._decoder is not None and framing == "length":
            framing = "chunked"
        if framing == "chunked" and not self._incoming.chunks:
            framing = "close"
        return framing

    def chunk(self, chunk: Chunk) -> None:
        """Go on with the answer.

        Raises:
            HarnessError: The body is not coded as its head says, or holds more than is taken.
        """
        data = chunk.data if self._decoder is None else self._undone(self._decoder, chunk.data)
        if not data or self._silent:
            return
        if self._has_chunk:
            self.flush()
        self._has_chunk = True
        if self._chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        elif self._left is not None:
            self._left -= len(data)
        self._put(data)

    def _undone(self, decoder: Decoder, data: bytes) -> bytes:
        try:
            return decoder.decode(data)
        except zlib.error as error:
            raise HarnessError(
                f"an answer's body cannot be undone from {self._coding}: {error}",
                "look at what answers: the recording, or the endpoint",
            ) from error

    def end(self, end: End) -> bool:
        """End the answer.

        Returns:
            Whether the connection can carry another.
        """
        if end.ending == "complete" and self._chunked and not self._silent:
            lines = ["0", *(f"{name}: {value}" for name, value in end.trailers), "\r\n"]
            self._waiting += "\r\n".join(lines).encode("latin-1", "replace")
        self.flush()
        if end.ending == "reset":
            reset(self._transport)
            return False
        if not self._silent and self._left:
            return False
        return self._keep_alive and end.ending == "complete"

    def flush(self) -> None:
        """Write what is waiting."""
        if self._waiting:
            self._transport.write(self._waiting)
            self._waiting = b""
        self._has_chunk = False

    def _put(self, data: bytes) -> None:
        self._waiting = self._waiting + data if self._waiting else data


def reset(transport: asyncio.WriteTransport) -> None:
    """End a connection with a TCP reset: closing without lingering discards and resets."""
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
