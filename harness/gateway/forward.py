"""Answers by asking an endpoint: what comes back is passed on as it comes, chunk by chunk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import h11
import msgspec

from harness.gateway.front import HEAD_LIMIT
from harness.gateway.reading import PORTS
from harness.gateway.responder import (
    FRAMING_HEADERS,
    Chunk,
    End,
    Head,
    error_parts,
    header,
    tokens,
)
from harness.gateway.upstream import NoAnswerError, Patience, connect

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Callable, Iterable

    from harness.gateway.responder import NoAnswer, Part, Request
    from harness.gateway.upstream import Upstream
    from harness.model.recording import Ending, Framing

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "upgrade",
    }
)
"""Headers that concern one connection, and are not passed on (RFC 9110, section 7.6.1)."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that send a client to another place (RFC 9110, section 15.4)."""

MOST_BYTES = 32 * 1024**2
"""The longest body that is taken of an endpoint, as it comes: it is kept, and judged."""

MOST_CHUNKS = 250_000
"""The most pieces of it: each takes more than its bytes to keep."""

OURS = FRAMING_HEADERS | {"host", "expect"}
"""Request headers that follow from where and how the request is sent on."""


class Forward:
    """Sends each request to an endpoint, on a connection of its own."""

    def __init__(
        self,
        to: Callable[[Request], Request] = lambda request: request,
        *,
        patience: Patience | None = None,
        trust: ssl.SSLContext | None = None,
        most: int = MOST_BYTES,
        redirects: bool = False,
    ) -> None:
        """Forward requests.

        Args:
            to: Gives the request that is sent for the one that came: another scheme, host, port or
                path, another key, another model. Host and length follow from what it gives.
            patience: How long the endpoint may take.
            trust: Whom to trust; the system's authorities unless told.
            most: Bytes of an answer that are taken; of a longer one no more is read.
            redirects: Whether a redirect is passed on like any other answer.
        """
        self._most = most
        self._redirects = redirects
        self._to = to
        self._patience = patience or Patience()
        self._trust = trust

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the endpoint's answer, each as soon as it has come.

        Where it gives none there is an error, with the reason in the head's `no_answer`. Its status
        is one that no library retries. A redirect is none, unless told: it is for whoever gave the
        endpoint's URL, and a library that followed it would leave the endpoint.
        """
        asked = self._to(request)
        upstream: Upstream | None = None
        try:
            try:
                upstream = await connect(asked, self._patience, self._trust)
                answer = _Answer(
                    upstream, asked, self._patience, self._most, redirects=self._redirects
                )
                head = await answer.head()
            except NoAnswerError as error:
                for part in no_answer(error.answer):
                    yield part
                return
            yield head
            while True:
                part = await answer.next()
                yield part
                if isinstance(part, End):
                    return
        finally:
            if upstream is not None:
                upstream.close()


class _Answer:
    """Reads one answer off a connection."""

    def __init__(
        self,
        upstream: Upstream,
        request: Request,
        patience: Patience,
        most: int,
        *,
        redirects: bool,
    ) -> None:
        """Send a request."""
        self._most = most
        self._redirects = redirects
        self._size = self._chunks = 0
        self._upstream = upstream
        self._patience = patience
        self._place = f"{request.host}:{request.port}"
        self._wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        self._framing: Framing = "length"
        self._now = self._last = 0.0
        self._end: End | None = None
        sent = h11.Request(
            method=request.method,
            target=request.target.encode("latin-1"),
            headers=[
                (name.encode(), value.encode("latin-1")) for name, value in sent_with(request)
            ],
        )
        for event in (sent, h11.Data(data=request.body), h11.EndOfMessage()):
            upstream.send(self._wire.send(event) or b"")

    async def head(self) -> Head:
        """The answer's beginning.

        Raises:
            NoAnswerError: There is none.
        """
        seconds = self._patience.within(self._patience.head_s)
        try:
            async with asyncio.timeout(seconds):
                event = await self._event()
                while isinstance(event, h11.InformationalResponse):
                    event = await self._event()
        except TimeoutError as error:
            message = f"{self._place} did not begin to answer within {round(seconds, 1):g} s"
            raise NoAnswerError("timed_out", message) from error
        except h11.RemoteProtocolError as error:
            raise self._broken(error) from error
        if not isinstance(event, h11.Response):
            raise self._broken(event)
        self._last = self._now
        headers = _decoded(event.headers.raw_items())
        names = {name.lower() for name, _ in headers}
        if "chunked" in tokens(header(headers, "transfer-encoding")):
            self._framing = "chunked"
        elif "content-length" not in names:
            self._framing = "close"
        length = header(headers, "content-length")
        reason = event.reason.decode("latin-1")
        place = header(headers, "location")
        if event.status_code in REDIRECTS and place and not self._redirects:
            said = f"{event.status_code} {reason}".rstrip()
            raise NoAnswerError("moved", f"the endpoint answered {said}; it points to {place}")
        if self._framing == "length" and length and int(length) > self._most:
            message = f"{self._place} answers with {int(length):,} bytes; at most {self._most:,} are taken"
            raise NoAnswerError("too_long", message)
        return Head(
            status=event.status_code,
            reason=reason,
            headers=passed_on(headers, FRAMING_HEADERS),
            framing=self._framing,
            length=int(length) if self._framing == "length" and length else None,
        )

    async def next(self) -> Chunk | End:
        """The next piece: an HTTP chunk if the body is chunked, else what came at once."""
        pieces: list[bytes] = []
        while self._end is None:
            try:
                async with asyncio.timeout(self._patience.within(self._patience.idle_s)):
                    event = await self._event()
            except TimeoutError:
                self._end = End(ending="timed_out")
            except h11.RemoteProtocolError:
                self._end = End(ending=self._closed())
            else:
                if isinstance(event, h11.Data):
                    self._size += len(event.data)
                    if self._size > self._most or self._chunks > MOST_CHUNKS:
                        self._end = End(ending="too_long")
                        break
                    pieces.append(bytes(event.data))
                    if event.chunk_end or self._framing != "chunked":
                        return self._chunk(pieces)
                else:
                    self._end = self._whole(event)
        # What has come of a chunk that breaks off goes before the end.
        return self._chunk(pieces) if pieces else self._end

    def _whole(self, event: object) -> End:
        if isinstance(event, h11.EndOfMessage):
            # Without a length, a close is all that says that a body is whole; a reset says it is not.
            ending: Ending = self._closed() if self._framing == "close" else "complete"
            if ending != "reset":
                return End(trailers=_decoded(event.headers.raw_items()))
        return End(ending=self._closed())

    def _chunk(self, pieces: list[bytes]) -> Chunk:
        self._chunks += 1
        after_ms = (self._now - self._last) * 1000
        self._last = self._now
        return Chunk(data=b"".join(pieces), after_ms=after_ms)

    def _closed(self) -> Literal["closed", "reset"]:
        """How the endpoint ended the connection, or we did, for what it sent made no sense."""
        closed = self._wire.trailing_data[1]
        return "reset" if closed and self._upstream.reset else "closed"

    async def _event(self) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        while (event := self._wire.next_event()) is h11.NEED_DATA:
            arrival = await self._upstream.next()
            if arrival.at > self._patience.until:
                raise TimeoutError
            self._now = arrival.at if arrival.data else self._now
            self._wire.receive_data(arrival.data)
        return event

    def _broken(self, why: object) -> NoAnswerError:
        if not self._wire.trailing_data[1]:
            return NoAnswerError("not_http", f"{self._place} does not answer in HTTP/1.1: {why}")
        cause = self._closed()
        return NoAnswerError(cause, f"{self._place} {cause} the connection without an answer")


def sent_with(request: Request) -> list[tuple[str, str]]:
    """The headers that a request is sent on with."""
    usual = request.port == PORTS.get(request.scheme)
    host = f"[{request.host}]" if ":" in request.host else request.host
    found = [("Host", host if usual else f"{host}:{request.port}")]
    found += passed_on(request.headers, OURS)
    if request.body or header(request.headers, "content-length") is not None:
        found.append(("Content-Length", str(len(request.body))))
    return found


def passed_on(
    headers: Iterable[tuple[str, str]], but: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """Headers without those of one connection, those that it names, and some others."""
    pairs = tuple(headers)
    dropped = HOP_BY_HOP | but | set(tokens(header(pairs, "connection")))
    return tuple(pair for pair in pairs if pair[0].lower() not in dropped)


def _decoded(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)


def no_answer(why: NoAnswer) -> tuple[Part, ...]:
    """What a request gets to which there is no answer. 400 is the status no library retries."""
    head, chunk, end = error_parts(400, "Bad Request", "no_upstream_answer", why.message)
    return msgspec.structs.replace(head, no_answer=why), chunk, end
