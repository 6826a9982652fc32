"""Replaces what must not be published, so that lengths and the borders of chunks still hold."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

import msgspec

from harness.record.coded import closed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.recording import Response
    from harness.record.rules import Rule

KEPT = re.compile(r"[^\s.:=_-]")
"""All but what gives a secret its shape."""


def sanitized(
    response: Response, sanitizers: Sequence[Rule], known: Sequence[str] = ()
) -> Response:
    """A response without what must not be published.

    Args:
        response: What came.
        sanitizers: What to replace.
        known: Texts that are replaced wherever they stand as well.

    Raises:
        UnreadableError: The body cannot be looked into.
    """

    def clean(text: str, header: str | None) -> str:
        for secret in known:
            text = text.replace(secret, blank(secret))
        for rule in sanitizers:
            if rule.concerns(header):
                text = without(rule, text)
        return text

    def fields(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, clean(value, name)) for name, value in pairs)

    pieces: Sequence[bytes] = response.opened()
    before = b"".join(pieces)
    # One character for one byte, so that nothing moves.
    after = clean(before.decode("latin-1"), None).encode("latin-1")
    if after != before:
        ends = list(accumulate(map(len, pieces)))
        pieces = [after[end - len(piece) : end] for end, piece in zip(ends, pieces, strict=True)]
        response = closed(response, pieces)
    return msgspec.structs.replace(
        response,
        reason=clean(response.reason, None),
        headers=fields(response.headers),
        trailers=fields(response.trailers),
    )


def without(rule: Rule, text: str) -> str:
    """A text with zeros in place of what a rule finds."""

    def fill(match: re.Match[str]) -> str:
        if not match.re.groups:
            return blank(match[0])
        whole = match[0]
        for number in range(match.re.groups, 0, -1):
            if match[number]:
                start, end = match.start(number) - match.start(), match.end(number) - match.start()
                whole = whole[:start] + blank(whole[start:end]) + whole[end:]
        return whole

    return rule.expression.sub(fill, text)


def blank(text: str) -> str:
    """As many zeros as a text has letters, digits and the like."""
    return KEPT.sub("0", text)
