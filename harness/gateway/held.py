"""Holds a stream back until its reader has seen what has come so far."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from harness.gateway.responder import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from harness.gateway.responder import Part, Request, Responder


class Held:
    """Waits at given places of a stream, so that streaming is judged by cause and not by clock."""

    def __init__(
        self,
        inner: Responder,
        places: Mapping[int, str],
        see: Callable[[str], Awaitable[object]],
    ) -> None:
        """Hold what a responder answers.

        Args:
            inner: What answers.
            places: By number of a chunk, counted from 0: what must be seen once it has been sent.
            see: Returns when a text has been seen, or need not be waited for any longer.
        """
        self._inner = inner
        self._places = places
        self._see = see

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer, each after the reader has seen what it had to."""
        number = -1
        async with aclosing(self._inner.respond(request)) as answer:
            async for part in answer:
                yield part
                if isinstance(part, Chunk):
                    number += 1
                    if number in self._places:
                        await self._see(self._places[number])
