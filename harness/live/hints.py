"""How long an answer asks to be left alone, in every form in which services say it."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.model.recording import Response

LONGEST_S = 366 * 86400.0
"""Whoever asks for more asks for this."""

UNITS = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0,
}  # fmt: skip
PIECE = r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d)"
DURATION = re.compile(rf"(?:{PIECE})+")
"""As `6m0s`, `1.5s` and `200ms` (Go's `time.Duration`)."""

EPOCH_S, EPOCH_MS = 1e8, 1e11
"""Numbers from here on are no durations: seconds, or milliseconds, since 1970."""

SAID = re.compile(
    r"\b(?:wait|try again in|retry in|retry after|retrying in) (?:for )?((?:\d[\d.]* ?[a-zµ]+ ?)+)",
    re.IGNORECASE,
)
"""As in `Please wait 46 seconds before retrying.`"""

WORDS = re.compile(
    r"(\d+(?:\.\d+)?) ?(?:(ms|milliseconds?)|(s|secs?|seconds?)|(m|mins?|minutes?)|(h|hours?))(?![a-z])",
    re.IGNORECASE,
)
EACH_S = (0.001, 1.0, 60.0, 3600.0)
"""By unit of those words."""

RESET = re.compile(r"(?:x-)?(?:[a-z]+-)?ratelimit-(?:reset(?P<after>-.+)?|(?P<before>.+)-reset)")
"""As `x-ratelimit-reset-tokens`, `ratelimit-reset` and `anthropic-ratelimit-tokens-reset`."""


def left_alone_s(response: Response, now: float) -> float | None:
    """How many seconds an answer asks to be left alone; `None` if it does not say.

    What is said for this very purpose counts first: `retry-after-ms`, `Retry-After` (RFC 9110,
    section 10.2.3), `x-ratelimit-timeremaining`. Then when used-up limits are reset, and in the end
    the body's words. Of a header that comes more than once, the longest time counts.

    Args:
        response: The answer.
        now: Seconds since the epoch.
    """
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        headers.setdefault(name.lower(), []).append(value)
    # A moment is the endpoint's, whatever our own clock says.
    moment = next(_moments(headers.get("date", ())), now)
    found = (
        [number / 1000 for number in _numbers(headers.get("retry-after-ms", ()))]
        or list(_times(headers.get("retry-after", ()), moment))
        or list(_times(headers.get("x-ratelimit-timeremaining", ()), moment))
        or list(_resets(headers, moment))
        or list(_said(response.body))
    )
    return min(max(0.0, *found), LONGEST_S) if found else None


def _resets(headers: dict[str, list[str]], moment: float) -> Iterator[float]:
    """When limits are reset; those of which something is left need not be waited for."""
    for name, values in headers.items():
        if found := RESET.fullmatch(name):
            kind = found["after"] or found["before"] or ""
            left = name.replace("reset", "remaining")
            some = any(number > 0 for number in _numbers(headers.get(left, ())))
            if not (some and kind):
                yield from _times(values, moment)


def _numbers(values: Iterable[str]) -> Iterator[float]:
    for value in values:
        for part in value.split(","):
            with suppress(ValueError):
                number = float(part)
                if math.isfinite(number):
                    yield number


def _times(values: Iterable[str], moment: float) -> Iterator[float]:
    """The seconds that values stand for: durations, numbers, or moments of any kind."""
    for value in values:
        yield from (then - moment for then in _moments([value]))
        for part in value.split(","):
            text = part.strip().lower()
            if DURATION.fullmatch(text):
                yield sum(float(n) * UNITS[unit] for n, unit in re.findall(PIECE, text))
        for number in _numbers([value]):
            if number >= EPOCH_S:
                yield number / (1000 if number >= EPOCH_MS else 1) - moment
            else:
                yield number


def _moments(values: Iterable[str]) -> Iterator[float]:
    """Dates in seconds since the epoch: as in HTTP (RFC 9110, section 5.6.7), or RFC 3339."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    for value in values:
        for read in (parsedate_to_datetime, datetime.fromisoformat) if ":" in value else ():
            with suppress(ValueError, TypeError, OverflowError):
                found = read(value.strip())
                yield (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
                break


def _said(body: bytes) -> Iterator[float]:
    found = SAID.search(body[:10_000].decode("utf-8", "replace"))
    times = WORDS.findall(found[1]) if found else []
    if times:
        yield sum(
            float(number) * each
            for number, *units in times
            for unit, each in zip(units, EACH_S, strict=True)
            if unit
        )
