"""Sends chunks at the times at which they were recorded."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import monotonic
from typing import TYPE_CHECKING

from harness.gateway.responder import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from harness.gateway.responder import Part, Request, Responder


class Paced:
    """Waits before each chunk. Every wait ends at a time fixed by the head, so lateness never adds up."""

    def __init__(
        self,
        inner: Responder,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Pace what a responder answers.

        Args:
            inner: What answers.
            clock: Seconds that never run backwards.
            sleep: Waits for a number of the clock's seconds.
        """
        self._inner = inner
        self._clock = clock
        self._sleep = sleep

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer, each at its time."""
        due: float | None = None
        async with aclosing(self._inner.respond(request)) as answer:
            async for part in answer:
                if due is None:
                    due = self._clock()
                if isinstance(part, Chunk):
                    due += part.after_ms / 1000
                    if (wait := due - self._clock()) > 0:
                        await self._sleep(wait)
                yield part
