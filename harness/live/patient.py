"""Asks in turn, and waits out a 429 as the endpoint asks, so that no sample need know of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.forward import no_answer
from harness.gateway.record import response_of
from harness.gateway.responder import End, Head, NoAnswer
from harness.live.hints import left_alone_s
from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from harness.gateway.responder import Part, Request, Responder
    from harness.live.limits import Schedule, Turn

TOO_MANY = 429
UNTOLD_S = 10.0
"""How long to leave an endpoint alone that does not say for how long."""

AGAIN_S = 1.0
"""How long at least, where waiting as long as it asked was in vain; twice as long each time."""

HINTS = ("retry-after", "x-ms-retry-after", "x-ratelimit-", "ratelimit-")


class Budget:
    """Seconds that a whole run may be kept waiting, as endpoints ask."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.left_s = seconds
        self._clock = clock
        self._paid_until = 0.0

    def take(self, seconds: float) -> bool:
        """Whether it is enough for a wait that begins now; who waits beside others costs nothing."""
        end = self._clock() + seconds
        more = max(0.0, end - max(self._clock(), self._paid_until))
        if more > self.left_s:
            return False
        self.left_s -= more
        self._paid_until = max(end, self._paid_until)
        return True


class Patient:
    """Sends a request again after a 429, as long as budget and time last."""

    def __init__(
        self,
        inner: Responder,
        *,
        schedule: Schedule,
        turn: Turn,
        budget: Budget,
        until: float,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Be patient with what a responder answers.

        Args:
            inner: What asks the endpoint.
            schedule: Is told to leave the endpoint alone.
            turn: The sample's own.
            budget: How long may be waited, shared by all samples of a run.
            until: When all must have come, by the event loop's clock.
            sleep: Waits for seconds.
        """
        self._inner = inner
        self._schedule = schedule
        self._turn = turn
        self._budget = budget
        self._until = until
        self._sleep = sleep
        self._given_up: list[Part] = []
        self.waited_s: list[float] = []
        """How long the endpoint was left alone, each time that it asked for it."""
        self.asked_s: float | None = None
        """How long it asked for in the end, where that was too long to wait."""

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the first answer that is no 429, or of the last if patience has an end."""
        refusals = 0
        while True:
            for part in self._given_up:  # it is not asked again what it will not answer
                yield part
            if self._given_up:
                return
            refused: list[Part] = []
            async with AsyncExitStack() as closing:
                if why := await self._not_allowed(closing):
                    for part in no_answer(why):
                        yield part
                    return
                answer = await closing.enter_async_context(aclosing(self._inner.respond(request)))
                async for part in answer:
                    if (isinstance(part, Head) and part.status == TOO_MANY) or refused:
                        refused.append(part)
                    else:
                        yield part
            if not refused:
                return
            await self._wait_out(refused, refusals)
            refusals += 1

    async def _not_allowed(self, closing: AsyncExitStack) -> NoAnswer | None:
        """Wait until the request may be sent; why it may not, if that will not be in time."""
        try:
            async with asyncio.timeout(self._left()):
                await closing.enter_async_context(self._turn.request())
        except TimeoutError:
            why = "the endpoint's limits allowed no request more within the sample's time"
        except HarnessError as error:
            why = error.message
        else:
            return None
        return NoAnswer(cause="limits", message=why)

    def _left(self) -> float:
        return max(0.0, self._until - asyncio.get_running_loop().time())

    async def _wait_out(self, refused: list[Part], refusals: int) -> None:
        head, *chunks, end = refused
        assert isinstance(head, Head)  # noqa: S101
        assert isinstance(end, End)  # noqa: S101
        asked = left_alone_s(response_of(head, chunks, end), time.time())
        seconds = UNTOLD_S if asked is None else asked
        if refusals:
            seconds = max(seconds, AGAIN_S * 2 ** (refusals - 1))
        if seconds > self._left() or not self._budget.take(seconds):
            self.asked_s = seconds
            self._given_up = [_without_hints(head), *chunks, end]
            return
        self._schedule.leave_alone(seconds)
        self.waited_s.append(seconds)
        await self._sleep(seconds)


def _without_hints(head: Head) -> Head:
    """The refusal without its hints: a library that heeds them sleeps until its time is up."""
    kept = tuple(pair for pair in head.headers if not pair[0].lower().startswith(HINTS))
    return msgspec.structs.replace(head, headers=kept)
