"""Finds what looks like a secret in a recording that is about to be saved, or has been."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from harness.checks.secret import forms
from harness.model.recording import UnreadableError
from harness.record.sanitize import without

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.model.recording import Response
    from harness.record.rules import Entropy, Rules

WORD = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
ENDS = 4
"""Characters of a secret that a message may show."""


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a response that looks like a secret."""

    place: tuple[str | int, ...]
    """Where, as in a recording's file: `headers`, 3."""
    offset: int
    """Where in the text that stands there, or among the bytes of the body."""
    what: str
    shown: str
    """Its beginning, never the whole."""

    def __str__(self) -> str:
        return f"this looks like {self.what}: {self.shown}" if self.shown else self.what


def suspects(response: Response, rules: Rules, known: Sequence[str] = ()) -> list[Suspect]:
    """Everything in a response that looks like a secret, in its order.

    Args:
        response: What is to be saved.
        rules: What to look for.
        known: Secrets that are in nobody's recording, also in base64.
    """
    found = list(_in(("reason",), response.reason, None, rules, known))
    for kind, pairs in (("headers", response.headers), ("trailers", response.trailers)):
        for index, (name, value) in enumerate(pairs):
            found += _in((kind, index), value, name, rules, known)
    try:
        body = b"".join(response.opened())
    except UnreadableError as error:
        what = f"nobody can say whether a secret is in this body: {error}"
        return [*found, Suspect(place=("body",), offset=0, what=what, shown="")]
    return [*found, *_in(("body",), body.decode("latin-1"), None, rules, known)]


def _in(
    place: tuple[str | int, ...],
    text: str,
    header: str | None,
    rules: Rules,
    known: Sequence[str],
) -> Iterator[Suspect]:
    seen: list[tuple[int, int]] = []
    for secret in known:
        for form in forms(secret.encode()):
            at = text.find(form.decode("latin-1"))
            if at >= 0:
                seen.append((at, at + len(form)))
                yield Suspect(place=place, offset=at, what="the key that was used", shown="…")
    for rule in rules.allow:
        if rule.concerns(header):
            text = without(rule, text)
    for rule in rules.secrets:
        for match in rule.expression.finditer(text):
            yield from _found(seen, place, match, rule.name)
    for match in WORD.finditer(text):
        if is_random(match[0], rules.entropy):
            yield from _found(seen, place, match, "a secret: letters and digits by chance")


def _found(
    seen: list[tuple[int, int]], place: tuple[str | int, ...], match: re.Match[str], what: str
) -> Iterator[Suspect]:
    start, end = match.span()
    # Zeros are what sanitizers leave; what has been found once has a name already.
    if is_blank(match[0]) or any(start < last and first < end for first, last in seen):
        return
    seen.append((start, end))
    yield Suspect(place=place, offset=start, what=what, shown=f"{match[0][:ENDS]}…")


def is_blank(text: str) -> bool:
    """Whether a text is mostly zeros, as sanitizers leave it."""
    counted = [character for character in text if character.isalnum()]
    return counted.count("0") >= max(ENDS, len(counted) / 2)


def is_random(word: str, rule: Entropy) -> bool:
    """Whether a word looks made by chance, and not by people."""
    if not rule.shortest <= len(word) <= rule.longest:
        return False
    kinds = [_kind(character) for character in word]
    if not {"digit"} < {*kinds} - {""}:
        return False
    changes = sum(one != other and bool(one and other) for one, other in pairwise(kinds))
    return changes >= rule.changes * (len(word) - 1) and entropy(word) >= rule.bits


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "upper" if character.isupper() else "lower"
    return ""


def entropy(text: str) -> float:
    """Shannon's entropy, in bits a character."""
    return -sum(
        count / len(text) * math.log2(count / len(text)) for count in Counter(text).values()
    )
