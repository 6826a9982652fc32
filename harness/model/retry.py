"""How a client's library asks again by itself, and which recorded exchange answers each request."""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

from harness.model.reply import ERROR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.model.recording import Exchange, Response

MOST_BROKEN = 3
"""How often a connection may break, and the same be asked again, where a library says nothing of it."""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """After which errors a library sends a request again, how often, and what it waits for."""

    times: int = 0
    """How often at most, after the first request."""
    statuses: frozenset[int] = frozenset()
    """It asks again after these, whatever else the answer says."""
    with_retry_after: frozenset[int] = frozenset()
    """It asks again after these where the answer says how long to wait, and waits so long."""
    heeds: tuple[str, ...] = ()
    """Headers that say so; the first that is there counts. Names that end in `-ms` give milliseconds."""

    def after(self, response: Response) -> bool:
        """Whether it asks again after a response."""
        if response.status in self.statuses:
            return True
        return self.wait_s(response, 0.0) is not None

    def wait_s(self, response: Response, now: float) -> float | None:
        """How many seconds it waits because a response says so; `None` if it waits as it likes.

        Args:
            response: What was answered.
            now: Seconds since the epoch, which a date counts from.
        """
        if response.status not in self.with_retry_after:
            return None
        values = {name.lower(): value.strip() for name, value in response.headers}
        for name in self.heeds:
            seconds = _seconds(values.get(name.lower(), ""), now)
            if seconds is not None:
                return seconds / 1000 if name.lower().endswith("-ms") else seconds
        return None


def _seconds(value: str, now: float) -> float | None:
    """A number of seconds or a date (RFC 9110, section 10.2.3)."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """Which exchange answers which request of a client, in order."""

    turns: tuple[int, ...]
    """The number of an exchange for each request that must be sent."""
    repeats: int = 0
    """How often the last, an error, may be asked for again: it is answered by the same exchange."""

    @property
    def most(self) -> int:
        """The most requests there may be."""
        return len(self.turns) + self.repeats

    def exchange(self, request: int) -> int | None:
        """The exchange that answers a request, both counted from 0; `None` if none is left."""
        return self.turns[min(request, len(self.turns) - 1)] if request < self.most else None


def course(exchanges: Sequence[Exchange], retry: Retry) -> Course:
    """The course that a client takes through a recording, by how it asks again.

    After an error it ends there, or asks again: then the next exchange answers, or if there is none
    the same one again.
    """
    again = 0
    for number, exchange in enumerate(exchanges):
        if exchange.response.status < ERROR:
            again = 0
        elif again < retry.times and retry.after(exchange.response):
            again += 1
        else:
            return Course(turns=tuple(range(number + 1)))
    return Course(
        turns=tuple(range(len(exchanges))), repeats=retry.times - again + 1 if again else 0
    )


def times_again(answers: Iterable[Response | None], retry: Retry) -> int:
    """How often a client may have asked again, by what it was answered.

    A connection that breaks is no answer yet, and may be asked again whatever the library is; but not
    for ever.

    Args:
        answers: In order; `None` for a request that got none.
        retry: How its library asks again.
    """
    again = broken = times = 0
    for response in answers:
        if response is None:
            continue
        if response.ending not in {"complete", "cut"}:
            broken += 1
            times += broken <= max(MOST_BROKEN, retry.times)
        elif response.status < ERROR:
            again = 0
        elif again < retry.times and retry.after(response):
            again += 1
            times += 1
    return times
