"""Reads requests off a connection: plain ones at once, others with an `h11` object each (RFC 9112)."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import h11
import msgspec

from harness.gateway import plain
from harness.gateway.front import HEAD_LIMIT, read_authority
from harness.gateway.responder import Request, header, tokens
from harness.gateway.traffic import Traffic
from harness.model.secret import Secret

if TYPE_CHECKING:
    import asyncio

    from harness.gateway.front import Tunnel

BODY_LIMIT = 16 * 1024 * 1024
"""The longest body, in bytes."""

HEADERS_LIMIT = 200
"""The most headers of a request: short ones take thirty times their bytes to keep."""

READ_SIZE = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PORTS = {"http": 80, "https": 443}
REASONS = {
    400: "Bad Request",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
}


class RefusedError(Exception):
    """A request that gets no answer but an error, after which the connection ends."""

    def __init__(self, status: int, message: str, request: Request | None = None) -> None:
        self.status = status
        self.message = message
        self.request = request
        """As much as was understood; `None` if that was nothing."""
        super().__init__(message)

    @property
    def reason(self) -> str:
        """The status line's words."""
        return REASONS[self.status]


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A whole request, and what its wire allows for the answer."""

    request: Request
    chunks: bool
    """Whether the client understands a chunked body (HTTP/1.1)."""
    keep_alive: bool


class RequestReader:
    """The requests of one connection, in order, pipelined or not."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        scheme: str,
        tunnel: Tunnel | None = None,
        early: bytes = b"",
        traffic: Traffic | None = None,
    ) -> None:
        """Read from a connection.

        Args:
            reader: Gives the client's bytes.
            writer: Takes an interim `100 Continue`.
            scheme: How the bytes travel, `http` or `https`.
            tunnel: Where the client asked to be connected to, if it did.
            early: Bytes that have been read already.
            traffic: Knows of every byte that has come, and is told what it is.
        """
        self._reader = reader
        self._writer = writer
        self._scheme = scheme
        self._tunnel = tunnel
        self._early = early
        self._traffic = traffic or Traffic(Secret(b""))
        self._fed = 0
        """Bytes of which it has not been told what they are."""
        self._in_body = False

    async def next(self) -> Incoming | None:
        """The next request, or `None` if the client has closed.

        Raises:
            RefusedError: It cannot be read, or is too large.
            OSError: The client went away.
        """
        data = self._early or await self._reader.read(READ_SIZE)
        self._early = b""
        head = plain.read(data)
        if head is None:
            return await self._unusual(data)
        end = head.size + head.length
        while len(data) < end:
            if not (more := await self._reader.read(READ_SIZE)):
                return await self._unusual(data)
            data += more
        self._early = data[end:]
        self._traffic.head(end)
        self._traffic.requests += 1
        host, port, target = self._place(head.target, head.headers)
        request = Request(
            scheme=self._scheme,
            host=host,
            port=port,
            method=head.method,
            target=target,
            headers=head.headers,
            body=data[head.size : end],
            at_s=monotonic(),
        )
        return Incoming(
            request=request, chunks=True, keep_alive="close" not in tokens(head.connection)
        )

    async def rest(self, *, of_request: bool) -> None:
        """Read on until the client has closed, and answer nothing.

        Args:
            of_request: Whether what comes belongs to a request that has been told of.
        """
        while await self._reader.read(READ_SIZE):
            self._account(of_request=of_request)

    def _account(self, *, of_request: bool) -> None:
        if of_request:
            self._traffic.framing()
        else:
            self._traffic.stray()

    async def _unusual(self, data: bytes) -> Incoming | None:
        """The request that some bytes begin with, or `None` if the client has closed."""
        self._fed, self._in_body = len(data), False
        try:
            incoming = await self._whole(data)
        except RefusedError as refusal:
            if refusal.request is None:
                self._traffic.refused = refusal.message
            else:
                self._traffic.requests += 1
            self._account(of_request=refusal.request is not None)
            raise
        if incoming is not None:
            self._traffic.framing(self._fed)
            self._traffic.requests += 1
        return incoming

    async def _whole(self, data: bytes) -> Incoming | None:
        wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        wire.receive_data(data)
        head: Request | None = None
        try:
            event = await self._event(wire)
            if not isinstance(event, h11.Request):
                return None
            head = self._request(event)
            rest = len(wire.trailing_data[0])
            self._traffic.head(self._fed - rest)
            self._fed, self._in_body = rest, True
            body = await self._body(wire, head)
        except h11.RemoteProtocolError as error:
            status = 431 if error.error_status_hint == 431 else 400  # noqa: PLR2004
            raise RefusedError(status, str(error), head) from error
        self._early = wire.trailing_data[0]
        self._fed -= len(self._early)
        modern = event.http_version == b"1.1"
        return Incoming(
            request=msgspec.structs.replace(head, body=body, at_s=monotonic()),
            chunks=modern,
            keep_alive=modern and "close" not in tokens(header(head.headers, "connection")),
        )

    async def _event(self, wire: h11.Connection) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        while (event := wire.next_event()) is h11.NEED_DATA:
            if self._in_body:  # now, so that what frames a body without end is not kept
                self._traffic.framing(self._fed)
                self._fed = 0
            data = await self._reader.read(READ_SIZE)
            self._fed += len(data)
            wire.receive_data(data)
        return event

    def _request(self, event: h11.Request) -> Request:
        raw = event.headers.raw_items()
        headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])
        size = sum([len(name) + len(value) for name, value in raw]) + len(event.target)
        if len(raw) > HEADERS_LIMIT:
            raise RefusedError(431, f"expected at most {HEADERS_LIMIT} headers")
        if size > HEAD_LIMIT:
            raise RefusedError(431, f"expected a head of at most {HEAD_LIMIT} bytes")
        method = event.method.decode("latin-1")
        target = event.target.decode("latin-1")
        host, port, target = self._place(target, headers)
        request = Request(
            scheme=self._scheme,
            host=host,
            port=port,
            method=method,
            target=target,
            headers=headers,
            body=b"",
        )
        names = {name for name, _ in event.headers}
        if event.http_version not in {b"1.1", b"1.0"}:
            raise RefusedError(400, "expected HTTP/1.1", request)
        if method == "CONNECT":
            raise RefusedError(400, "CONNECT must be a connection's first request", request)
        if b"content-length" in names:
            if b"transfer-encoding" in names:
                message = "Content-Length and Transfer-Encoding contradict each other"
                raise RefusedError(400, message, request)
            if int(header(headers, "content-length") or 0) > BODY_LIMIT:
                raise _too_large(request)
        return request

    def _place(self, target: str, headers: tuple[tuple[str, str], ...]) -> tuple[str, int, str]:
        """Host, port, and the target without them (RFC 9112, section 3.3)."""
        if target.startswith(("http://", "https://")):
            try:
                url = urlsplit(target)
                port = url.port or PORTS[url.scheme]
            except ValueError:
                raise RefusedError(400, "the target is not a URL") from None
            rest = target.split("://", 1)[1][len(url.netloc) :]
            return url.hostname or "", port, rest if rest.startswith("/") else f"/{rest}"
        if self._tunnel is not None:
            return self._tunnel.host, self._tunnel.port, target
        named = header(headers, "host") or ""
        place = read_authority(named) or read_authority(f"{named}:{PORTS[self._scheme]}")
        if place is None:
            return "", PORTS[self._scheme], target
        return place.host, place.port, target

    async def _body(self, wire: h11.Connection, head: Request) -> bytes:
        event = wire.next_event()
        if event is h11.NEED_DATA:
            if wire.they_are_waiting_for_100_continue:
                self._writer.write(CONTINUE)
            event = await self._event(wire)
        pieces: list[bytes] = []
        size = 0
        while isinstance(event, h11.Data):
            pieces.append(bytes(event.data))
            size += len(event.data)
            if size > BODY_LIMIT:
                raise _too_large(head)
            event = await self._event(wire)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(request: Request) -> RefusedError:
    return RefusedError(413, f"expected a body of at most {BODY_LIMIT} bytes", request)
