"""Changes how another responder answers, as data: other chunks, another status, a broken end."""

from __future__ import annotations

from contextlib import aclosing
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from harness.gateway.responder import Chunk, End, Head
from harness.model.event_stream import blocks
from harness.model.recording import Ending, Framing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from harness.gateway.responder import Part, Request, Responder

Rechunk: TypeAlias = Literal["whole", "event", "byte"] | tuple[int, ...]
"""Where to cut a body: not at all, after each event, after each byte, or in pieces of given sizes."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed about an answer; what is `None` stays as it is."""

    status: int | None = None
    reason: str | None = None
    headers: tuple[tuple[str, str], ...] | None = None
    """Stand in place of all the answer's headers."""
    body: bytes | None = None
    framing: Framing | None = None
    rechunk: Rechunk | None = None
    cut_after: int | None = None
    """Bytes of the body that are still sent, before the connection ends as `ending` says."""
    ending: Ending = "closed"
    close: bool = False
    """Whether the answer says `Connection: close`."""


class Fault:
    """Answers as another responder does, but for a change."""

    def __init__(self, inner: Responder, change: Change) -> None:
        """Change what a responder answers.

        Args:
            inner: What answers.
            change: What is different.
        """
        self._inner = inner
        self._change = change

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the changed answer, once the whole answer is known."""
        async with aclosing(self._inner.respond(request)) as answer:
            found = [part async for part in answer]
        for part in changed(found, self._change):
            yield part


def changed(parts: list[Part], change: Change) -> list[Part]:
    """A whole answer, changed."""
    head = next(part for part in parts if isinstance(part, Head))
    chunks = [part for part in parts if isinstance(part, Chunk)]
    end = next(part for part in parts if isinstance(part, End))
    if change.body is not None:
        chunks = [Chunk(data=change.body)]
    body = b"".join(chunk.data for chunk in chunks)
    if change.rechunk is not None:
        chunks = [Chunk(data=piece) for piece in cut(body, change.rechunk)]
    headers = head.headers if change.headers is None else change.headers
    head = msgspec.structs.replace(
        head,
        status=change.status or head.status,
        reason=head.reason if change.reason is None else change.reason,
        headers=(*headers, ("Connection", "close")) if change.close else headers,
        framing=change.framing or head.framing,
        length=len(body),
    )
    if change.cut_after is not None:
        chunks = list(_first(chunks, change.cut_after))
        end = End(ending=change.ending)
    return [head, *chunks, end]


def cut(body: bytes, how: Rechunk) -> list[bytes]:
    """A body in pieces, none of them empty. Sizes that do not reach its end leave a last piece."""
    if how == "whole":
        ends = []
    elif how == "byte":
        ends = list(range(1, len(body)))
    elif how == "event":
        ends = list(accumulate(map(len, blocks(body))))
    else:
        ends = [sum(how[: index + 1]) for index in range(len(how))]
    borders = [0, *(end for end in ends if end < len(body)), len(body)]
    return [body[start:stop] for start, stop in pairwise(borders) if start < stop]


def _first(chunks: list[Chunk], size: int) -> list[Chunk]:
    kept = []
    for chunk in chunks:
        if size <= 0:
            break
        kept.append(msgspec.structs.replace(chunk, data=chunk.data[:size]))
        size -= len(chunk.data)
    return kept
