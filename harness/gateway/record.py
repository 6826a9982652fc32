"""Notes what another responder answers, while it answers."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.responder import Chunk, End, Head, NoAnswer, Request
from harness.model.recording import ChunkMark, Response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

    from harness.gateway.responder import Part, Responder

PAUSE_MS = 5.0
"""Where a body is not chunked its borders are those of packets: only a pause makes one count."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and what came back."""

    request: Request
    response: Response | None
    """`None` if there is no whole account of it: see `missing`."""
    missing: str = ""
    no_answer: NoAnswer | None = None

    @property
    def is_whole(self) -> bool:
        """Whether an answer came, and came to its proper end."""
        return self.response is not None and self.response.ending == "complete"


class Record:
    """Answers as another responder does, and keeps what it answered. Nothing waits for that.

    An answer is heard to its end even if its reader is not: many leave once they have all they want.
    """

    def __init__(self, inner: Responder) -> None:
        """Record what a responder answers."""
        self._inner = inner
        self._taken: list[Taken | None] = []
        self._listening: set[asyncio.Task[None]] = set()

    @property
    def taken(self) -> tuple[Taken, ...]:
        """The exchanges, in the order of their requests; those still under way are left out."""
        return tuple(one for one in self._taken if one is not None)

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer, each as soon as it comes."""
        heard: asyncio.Queue[Part | Exception | None] = asyncio.Queue()
        listener = asyncio.create_task(self._listen(request, heard))
        self._listening.add(listener)
        listener.add_done_callback(self._listening.discard)
        while (part := await heard.get()) is not None:
            if isinstance(part, Exception):
                raise part
            yield part

    async def settle(self, limit_s: float) -> None:
        """Hear answers that are under way to their end, or for so many seconds."""
        if self._listening:
            _, late = await asyncio.wait(self._listening, timeout=limit_s)
            for listener in late:
                listener.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _listen(
        self, request: Request, heard: asyncio.Queue[Part | Exception | None]
    ) -> None:
        number = len(self._taken)
        self._taken.append(None)
        parts: list[Part] = []
        try:
            async with aclosing(self._inner.respond(request)) as answer:
                async for part in answer:
                    parts.append(part)
                    heard.put_nowait(part)
        except Exception as error:  # noqa: BLE001  (whatever it is, it belongs to who asked)
            heard.put_nowait(error)
        finally:
            self._taken[number] = _taken(request, parts)
            heard.put_nowait(None)


def _taken(request: Request, parts: list[Part]) -> Taken:
    head, end = parts[0] if parts else None, parts[-1] if parts else None
    if not isinstance(head, Head) or not isinstance(end, End):
        return Taken(request=request, response=None, missing="the answer did not come to its end")
    why = head.no_answer or end.no_answer
    if why is not None:
        return Taken(request=request, response=None, missing=why.message, no_answer=why)
    if head.miss is not None:
        return Taken(request=request, response=None, missing=head.miss)
    if end.ending == "too_long":
        missing = "the answer is longer than what is taken of one"
        return Taken(request=request, response=None, missing=missing)
    return Taken(request=request, response=response_of(head, parts[1:-1], end))


def response_of(head: Head, chunks: Iterable[Part], end: End) -> Response:
    """A whole answer as a recording keeps it."""
    pieces = [part for part in chunks if isinstance(part, Chunk) and part.data]
    body = b"".join(piece.data for piece in pieces)
    chunked = head.framing == "chunked"
    marks = [ChunkMark(size=len(one.data), after_ms=round(one.after_ms, 1)) for one in pieces]
    short = head.framing == "length" and end.ending != "complete" and head.length != len(body)
    return Response(
        status=head.status,
        reason=head.reason,
        headers=head.headers,
        framing=head.framing,
        length=head.length if short else None,
        body=body,
        chunks=tuple(marks if chunked else _merged(marks)),
        trailers=end.trailers,
        ending=end.ending,
    )


def _merged(marks: list[ChunkMark]) -> Iterator[ChunkMark]:
    """Marks without those that no pause sets apart from the one before."""
    waiting: ChunkMark | None = None
    for mark in marks:
        if waiting is None:
            waiting = mark
        elif mark.after_ms < PAUSE_MS:
            size = waiting.size + mark.size
            # What came a little later still came before what follows.
            waiting = ChunkMark(size=size, after_ms=waiting.after_ms)
        else:
            yield waiting
            waiting = mark
    if waiting is not None:
        yield waiting
