"""Takes the key out of what an endpoint sends back, should it ever repeat it."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.responder import Chunk, End, Head

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from harness.gateway.responder import Part, Request, Responder

SHORTEST = 8
"""A shorter key is no secret, and might stand in any text."""


class Scrubbed:
    """Puts stars in place of a secret, as many as it has characters, so that lengths still hold."""

    def __init__(self, inner: Responder, secret: str) -> None:
        """Scrub what a responder answers.

        Args:
            inner: What answers.
            secret: In printable ASCII; may be empty.
        """
        self._inner = inner
        self._secret = secret
        self._bytes = secret.encode() if len(secret) >= SHORTEST else b""

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer. The secret is found even where a chunk's border cuts it."""
        waiting = Chunk(data=b"")
        async with aclosing(self._inner.respond(request)) as answer:
            async for part in answer:
                if isinstance(part, Head):
                    yield self._head(part)
                elif isinstance(part, Chunk):
                    data = self._clean(waiting.data + part.data)
                    kept = self._begun(data)
                    gone = len(data) - kept
                    if gone:
                        yield Chunk(data=data[:gone], after_ms=waiting.after_ms + part.after_ms)
                    late = 0.0 if gone else waiting.after_ms + part.after_ms
                    waiting = Chunk(data=data[gone:], after_ms=late)
                else:
                    if waiting.data:
                        yield waiting
                    yield self._end(part)

    def _clean(self, data: bytes) -> bytes:
        return data.replace(self._bytes, b"*" * len(self._bytes)) if self._bytes else data

    def _begun(self, data: bytes) -> int:
        """How many bytes at the end may be the beginning of the secret."""
        longest = min(len(self._bytes) - 1, len(data))
        return next(
            (size for size in range(longest, 0, -1) if self._bytes.startswith(data[-size:])), 0
        )

    def _head(self, head: Head) -> Head:
        reason = self._text(head.reason)
        return msgspec.structs.replace(head, headers=self._pairs(head.headers), reason=reason)

    def _end(self, end: End) -> End:
        return msgspec.structs.replace(end, trailers=self._pairs(end.trailers))

    def _pairs(self, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((self._text(name), self._text(value)) for name, value in pairs)

    def _text(self, text: str) -> str:
        return text.replace(self._secret, "*" * len(self._secret)) if self._bytes else text
