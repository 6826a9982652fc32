"""Holds a stream back until its reader has seen what has come so far."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from harness.gateway.responder import Part, Request, Responder


class Held:
    """Waits at given places of a stream, so that streaming is judged by cause and not by clock."""

    def __init__(
        self,
        inner: Responder,
        due: Callable[[Part], str | None],
        see: Callable[[str], Awaitable[object]],
    ) -> None:
        """Hold what a responder answers.

        Args:
            inner: What answers.
            due: Told of each part once it has been sent; gives what must be seen now, if anything.
            see: Returns when a text has been seen, or need not be waited for any longer.
        """
        self._inner = inner
        self._due = due
        self._see = see

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer, each after the reader has seen what it had to."""
        async with aclosing(self._inner.respond(request)) as answer:
            async for part in answer:
                yield part
                if (text := self._due(part)) is not None:
                    await self._see(text)
