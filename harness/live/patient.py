"""Asks in turn, and waits out a 429 as the endpoint asks, so that no sample need know of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING

from harness.gateway.responder import Head
from harness.live.target import retry_after

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from harness.gateway.responder import Part, Request, Responder
    from harness.live.limits import Schedule, Turn

TOO_MANY = 429
UNTOLD_S = 10.0
"""How long to leave an endpoint alone that does not say for how long."""


class Budget:
    """Seconds that a whole run may spend on waiting as endpoints ask."""

    def __init__(self, seconds: float) -> None:
        self.left_s = seconds

    def take(self, seconds: float) -> bool:
        """Whether it was enough; what is not spent stays."""
        if seconds > self.left_s:
            self.left_s = 0.0
            return False
        self.left_s -= seconds
        return True


class Patient:
    """Sends a request again after a 429, as long as the budget lasts."""

    def __init__(
        self,
        inner: Responder,
        *,
        schedule: Schedule,
        turn: Turn,
        budget: Budget,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Be patient with what a responder answers.

        Args:
            inner: What asks the endpoint.
            schedule: Gives a turn to what the sample's own does not cover.
            turn: The sample's own.
            budget: How long may be waited, shared by all samples of a run.
            sleep: Waits for seconds.
        """
        self._inner = inner
        self._schedule = schedule
        self._turn = turn
        self._budget = budget
        self._sleep = sleep
        self._given_up: list[Part] = []
        self.waited_s: list[float] = []
        """How long the endpoint was left alone, each time that it asked for it."""

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the first answer that is no 429, or of the last if patience has an end."""
        while True:
            for part in self._given_up:  # it is not asked again what it will not answer
                yield part
            if self._given_up:
                return
            refused: list[Part] = []
            async with AsyncExitStack() as closing:
                await self._covered(closing)
                answer = await closing.enter_async_context(aclosing(self._inner.respond(request)))
                async for part in answer:
                    if (isinstance(part, Head) and part.status == TOO_MANY) or refused:
                        refused.append(part)
                    else:
                        yield part
            if not refused:
                return
            await self._wait_out(refused)

    async def _covered(self, closing: AsyncExitStack) -> None:
        """Have a turn: the sample's own, or one more for a request that nobody reckoned with."""
        if self._turn.left:
            self._turn.left -= 1
        else:
            await closing.enter_async_context(self._schedule.turn(1, beside=self._turn))

    async def _wait_out(self, refused: list[Part]) -> None:
        head = refused[0]
        assert isinstance(head, Head)  # noqa: S101
        asked = retry_after(head.headers, time.time())
        seconds = UNTOLD_S if asked is None else asked
        if not self._budget.take(max(seconds, 1.0)):
            self._given_up = refused
            return
        self._schedule.leave_alone(seconds)
        self.waited_s.append(seconds)
        await self._sleep(seconds)
