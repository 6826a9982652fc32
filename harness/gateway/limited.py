"""Enforces the limits of a tier as the service did: its errors, its headers, its words.

Each user has each model's requests counted apart. A refused request does not count.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict, deque
from contextlib import aclosing
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from harness.gateway import made_up
from harness.gateway.responder import Chunk, End, Head, error_parts, header
from harness.model import jsonvalue

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from harness.gateway.responder import Part, Request, Responder
    from harness.model.catalog import Limits

MINUTE_S = 60
DAY_S = 24 * 3600


class Limited:
    """Lets through to another responder what a tier allows."""

    def __init__(
        self, inner: Responder, limits: Limits, clock: Callable[[], float] = monotonic
    ) -> None:
        """Limit a responder.

        Args:
            inner: What answers requests that are allowed.
            limits: What is allowed.
            clock: Seconds that never run backwards.
        """
        self._inner = inner
        self._limits = limits
        self._clock = clock
        self._came: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._open: dict[tuple[str, str], int] = defaultdict(int)

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of an answer, or of a refusal."""
        body = _body(request)
        if request.method != "POST" or body is None:
            async with aclosing(self._inner.respond(request)) as answer:
                async for part in answer:
                    yield part
            return
        model = str(body.get("model", ""))
        user = header(request.headers, "authorization") or header(request.headers, "api-key") or ""
        key = (user, model)
        refusal = self._too_large(body, model) or self._too_many(key)
        if refusal:
            for part in refusal:
                yield part
            return
        self._came[key].append(self._clock())
        self._open[key] += 1
        try:
            async with aclosing(self._inner.respond(request)) as answer:
                async for part in answer:
                    yield self._told(part, key, body) if isinstance(part, Head) else part
        finally:
            self._open[key] -= 1

    def _too_large(self, body: dict[str, Any], model: str) -> Sequence[Part]:
        most, longest = self._limits.tokens_in, self._limits.tokens_out
        if most is not None and _tokens(body) > most:
            message = f"Request body too large for {model} model. Max size: {most} tokens."
            return _error(413, "Content Too Large", "tokens_limit_reached", message)
        asked = body.get("max_tokens") or body.get("max_completion_tokens")
        if longest is not None and isinstance(asked, int) and asked > longest:
            message = (
                f"max_tokens is too large: {asked}. This model supports at most {longest} "
                "completion tokens."
            )
            return _error(400, "Bad Request", "bad_request", message)
        return ()

    def _too_many(self, key: tuple[str, str]) -> Sequence[Part]:
        concurrent = self._limits.concurrent
        if concurrent is not None and self._open[key] >= concurrent:
            return _refusal("UserConcurrentRequests", concurrent, 0, 0)
        now, came = self._clock(), self._came[key]
        while came and came[0] <= now - DAY_S:
            came.popleft()
        for name, limit, period in (
            ("UserByModelByMinute", self._limits.per_minute, MINUTE_S),
            ("UserByModelByDay", self._limits.per_day, DAY_S),
        ):
            recent = [moment for moment in came if moment > now - period]
            if limit is not None and len(recent) >= limit:
                wait = math.ceil(recent[-limit] + period - now)
                return _refusal(name, limit, period, wait)
        return ()

    def _told(self, head: Head, key: tuple[str, str], body: dict[str, Any]) -> Head:
        """The head with the headers by which the service told of its limits."""
        now = self._clock()
        recent = [moment for moment in self._came[key] if moment > now - MINUTE_S]
        reset = str(math.ceil(recent[0] + MINUTE_S - now) if recent else 0)
        told: list[tuple[str, str]] = []
        for kind, limit, spent in (
            ("requests", self._limits.per_minute, len(recent)),
            ("tokens", self._limits.tokens_in, _tokens(body)),
        ):
            if limit is not None:
                told += [
                    (f"x-ratelimit-limit-{kind}", str(limit)),
                    (f"x-ratelimit-remaining-{kind}", str(max(0, limit - spent))),
                    (f"x-ratelimit-renewalperiod-{kind}", str(MINUTE_S)),
                    (f"x-ratelimit-reset-{kind}", reset),
                ]
        return msgspec.structs.replace(head, headers=(*head.headers, *told))


def _body(request: Request) -> dict[str, Any] | None:
    try:
        body = jsonvalue.parse(request.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _tokens(body: dict[str, Any]) -> int:
    """What a request counts for; it may be invalid, and is counted all the same."""
    return len(made_up.tokens(json.dumps(body.get("messages"), ensure_ascii=False)))


def _refusal(kind: str, limit: int, period: int, wait: int) -> tuple[Part, ...]:
    message = (
        f"Rate limit of {limit} per {period}s exceeded for {kind}. "
        f"Please wait {wait} seconds before retrying."
    )
    head, chunk, end = _error(429, "Too Many Requests", "RateLimitReached", message)
    headers = (
        *head.headers,
        ("retry-after", str(wait)),
        ("x-ratelimit-timeremaining", str(wait)),
        ("x-ratelimit-type", kind),
        ("x-ms-error-code", "RateLimitReached"),
    )
    return msgspec.structs.replace(head, headers=headers), chunk, end


def _error(status: int, reason: str, code: str, message: str) -> tuple[Head, Chunk, End]:
    """An error as the service words it: its details are the message once more."""
    head, _, end = error_parts(status, reason, code, message)
    error = {"code": code, "message": message, "details": message}
    body = json.dumps({"error": error}).encode()
    return msgspec.structs.replace(head, length=len(body)), Chunk(data=body), end
