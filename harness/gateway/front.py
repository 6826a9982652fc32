"""A connection's first bytes: a `CONNECT` is answered here, before anything else is set up.

They are looked at without being taken, so that what follows them, a TLS greeting above all, is still
in the socket for whoever speaks next.
"""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import h11
import msgspec

from harness.gateway.responder import error_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.gateway.traffic import Traffic

HEAD_LIMIT = 64 * 1024
"""The longest head, in bytes."""

LINGER_S = 0.5
"""How long a refused client may go on sending, so that it still gets to read the refusal."""

CONNECT = b"CONNECT "
HEAD_END = re.compile(rb"\r?\n\r?\n")
TLS_HANDSHAKE = 0x16
"""The first byte of TLS (RFC 8446, section 5.1)."""

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Tunnel(msgspec.Struct, frozen=True, kw_only=True):
    """Where a client asked to be connected to."""

    host: str
    port: int


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a connection after its first bytes."""

    tunnel: Tunnel | None = None
    """`None` if the client asked for none: it speaks to a proxy, or believes that it has connected
    to the service itself."""
    tls: bool = False
    early: bytes = b""
    """What had to be taken from the socket, and belongs to the first request."""


class Door(Protocol):
    """Decides where a tunnel may lead."""

    def refusal(self, tunnel: Tunnel) -> str:
        """Why it is refused; empty if it is granted."""
        ...

    def passes(self, tunnel: Tunnel) -> bool:
        """Whether one that is granted leads past the gateway, to where it was asked for."""
        ...


async def greet(sock: socket.socket, traffic: Traffic, door: Door | None = None) -> Greeting | None:
    """Find out what a client wants; a `CONNECT` is granted, or refused if it cannot be read.

    Args:
        sock: Non-blocking, just accepted, used by nobody else.
        traffic: Told of what is taken from the socket.
        door: Says where a tunnel may lead; anywhere unless told.

    Returns:
        `None` if there is nothing more to be said.

    Raises:
        OSError: The client went away.
    """
    early = b""
    while True:
        seen = await _peek(sock, HEAD_LIMIT)
        if not seen:
            return None
        head = early + seen
        if not head.startswith(CONNECT[: len(head)]):
            return Greeting(early=early, tls=head[0] == TLS_HANDSHAKE)
        end = HEAD_END.search(head)
        if (end.end() if end else len(head)) > HEAD_LIMIT:
            traffic.refused = "the head is too long"
            await _refuse(sock, traffic, 431, "Request Header Fields Too Large")
            return None
        if end is not None:
            traffic.feed(sock.recv(end.end() - len(early)))
            break
        # All that came is looked at; take it, or the next look would return at once.
        taken = sock.recv(len(seen))
        traffic.feed(taken)
        early += taken
    request = read_connect(head[: end.end()])
    tunnel = read_authority(request.target.decode("latin-1")) if request else None
    if request is None or tunnel is None:
        traffic.refused = "expected CONNECT host:port"
        await _refuse(sock, traffic, 400, "Bad Request")
        return None
    traffic.head(end.end())
    raw = request.headers.raw_items()
    headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])
    traffic.tunnel(head[: end.end()], headers)
    traffic.host, traffic.port = tunnel.host, tunnel.port
    if door is not None and (why := door.refusal(tunnel)):
        traffic.refused = why
        await _refuse(sock, traffic, 403, "Forbidden")
        return None
    await asyncio.get_running_loop().sock_sendall(sock, ESTABLISHED)
    first = await _peek(sock, 1)
    return Greeting(tunnel=tunnel, tls=first[0] == TLS_HANDSHAKE) if first else None


def read_connect(head: bytes) -> h11.Request | None:
    """A request for a tunnel, or `None` if it is malformed."""
    wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
    wire.receive_data(head)
    try:
        request = wire.next_event()
    except h11.RemoteProtocolError:
        return None
    return request if isinstance(request, h11.Request) else None


def read_authority(text: str) -> Tunnel | None:
    """Read `host:port`, with the brackets that an IPv6 address has (RFC 9112, section 3.2.3)."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or not port or parts.netloc != text or "@" in text:
        return None
    return Tunnel(host=host, port=port)


async def _peek(sock: socket.socket, size: int) -> bytes:
    """The next bytes, left where they are; nothing if the client has closed."""
    while True:
        with suppress(BlockingIOError, InterruptedError):
            return sock.recv(size, socket.MSG_PEEK)
        await _readable(sock)


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, _done(ready))
    try:
        await ready
    finally:
        loop.remove_reader(sock)


def _done(ready: asyncio.Future[None]) -> Callable[[], None]:
    return lambda: None if ready.done() else ready.set_result(None)


async def _refuse(sock: socket.socket, traffic: Traffic, status: int, reason: str) -> None:
    head, chunk, _ = error_parts(status, reason, "bad_request", traffic.refused)
    lines = [f"HTTP/1.1 {status} {reason}", "Connection: close", f"Content-Length: {head.length}"]
    lines += [f"{name}: {value}" for name, value in head.headers]
    data = "\r\n".join([*lines, "", ""]).encode("latin-1") + chunk.data
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, data)
    # Closing on unread bytes would reset the connection, and the refusal might be lost with it.
    sock.shutdown(socket.SHUT_WR)
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while data := await loop.sock_recv(sock, HEAD_LIMIT):
                traffic.feed(data)
                traffic.stray()
