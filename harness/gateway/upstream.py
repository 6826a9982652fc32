"""A connection to an endpoint, with the moment at which each of its bytes came.

Not an asyncio stream: that forgets when bytes came, and drops what it has still to give when the
connection is reset.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
import ssl
from collections import deque
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.responder import NoAnswer

if TYPE_CHECKING:
    from harness.gateway.responder import Cause, Request

WAITING_LIMIT = 1024 * 1024
"""Bytes that may wait to be taken before the endpoint is made to wait."""

TRY_NEXT_ADDRESS_S = 0.25
"""When to try a name's next address beside the one before it (RFC 8305, section 5)."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long an endpoint may take, in seconds."""

    connect_s: float = 10.0
    """For the connection, TLS included."""
    head_s: float = 120.0
    """From the request to the answer's head: a model may think first."""
    idle_s: float = 60.0
    """Between two pieces of a body."""
    until: float = math.inf
    """When all must have come, by the event loop's clock."""

    def within(self, seconds: float) -> float:
        """Of so many seconds, those that are left."""
        return max(0.0, min(seconds, self.until - asyncio.get_running_loop().time()))


class NoAnswerError(Exception):
    """An endpoint gave not even the head of an answer."""

    def __init__(self, cause: Cause, message: str) -> None:
        self.answer = NoAnswer(cause=cause, message=message)
        super().__init__(message)


class Arrival(msgspec.Struct, frozen=True):
    """Bytes that came at once; none if it is the end."""

    at: float
    """Seconds, by the event loop's clock."""
    data: bytes


class Upstream(asyncio.Protocol):
    """One connection to an endpoint."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.reset = False
        """Whether the connection ended with a TCP reset, once it has ended."""
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[Arrival] = deque()
        self._size = 0
        self._paused = False
        self._ended = False
        self._come = asyncio.Event()

    async def next(self) -> Arrival:
        """What came next. Everything that came before a reset is given before the end is."""
        while not self._waiting:
            self._come.clear()
            await self._come.wait()
        arrival = self._waiting[0]
        if arrival.data:
            self._waiting.popleft()
            self._size -= len(arrival.data)
            if self._paused and self._size <= WAITING_LIMIT and self._transport is not None:
                self._paused = False
                self._transport.resume_reading()
        return arrival

    def send(self, data: bytes) -> None:
        """Send a request. An endpoint that has gone away is found out by what comes, or does not."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        sock: socket.socket | None = transport.get_extra_info("socket")
        if sock is not None:
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._put(data)
        self._size += len(data)
        if self._size > WAITING_LIMIT and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> None:
        """Called by asyncio."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self.reset = self.reset or (isinstance(exc, ConnectionResetError) and not self._ended)
        self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._put(b"")

    def _put(self, data: bytes) -> None:
        self._waiting.append(Arrival(self._loop.time(), data))
        self._come.set()


async def connect(
    request: Request, patience: Patience, trust: ssl.SSLContext | None = None
) -> Upstream:
    """Connect to where a request goes.

    Args:
        request: Its scheme, host and port count.
        patience: How long it may take.
        trust: Whom to trust; the system's authorities unless told.

    Raises:
        NoAnswerError: There is no connection to be had.
    """
    loop = asyncio.get_running_loop()
    place = f"{request.host}:{request.port}"
    secure = request.scheme == "https"
    if secure and trust is None:
        # Reading the system's authorities takes long enough to hold up every other connection.
        trust = await asyncio.to_thread(system_trust)
    seconds = patience.within(patience.connect_s)
    try:
        async with asyncio.timeout(seconds):
            _, upstream = await loop.create_connection(
                lambda: Upstream(loop),
                request.host,
                request.port,
                ssl=trust if secure else None,
                server_hostname=request.host if secure else None,
                happy_eyeballs_delay=TRY_NEXT_ADDRESS_S,
            )
    except TimeoutError as error:
        message = f"{place} took no connection within {round(seconds, 1):g} s"
        raise NoAnswerError("connect", message) from error
    except socket.gaierror as error:
        raise NoAnswerError("name", f"no address is known for {request.host}") from error
    except ssl.SSLCertVerificationError as error:
        message = f"the certificate of {place} is not trusted: {error.verify_message}"
        raise NoAnswerError("tls", message) from error
    except ssl.SSLError as error:
        reason = str(error.reason or error).lower().replace("_", " ")
        raise NoAnswerError("tls", f"{place} does not speak TLS with us: {reason}") from error
    except OSError as error:
        # asyncio's own words name a Python call.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise NoAnswerError("connect", f"cannot connect to {place}: {reason}") from error
    return upstream


@cache
def system_trust() -> ssl.SSLContext:
    """The system's authorities, or those that `SSL_CERT_FILE` names."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
