"""Finds what looks like a secret in a recording that is about to be saved, or has been."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model import jsonvalue
from harness.model.recording import UnreadableError
from harness.model.secret import forms
from harness.record.blank import is_blank
from harness.record.changes import documents
from harness.record.sanitize import without
from harness.record.spans import unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    size: int = 0
    """Its characters, or bytes."""
    what: str
    shown: str
    """Its beginning, never the whole."""
    within: str = ""
    """The name of the header, or the path in the body's JSON; empty if it is in none."""
    times: int = 1
    """How often something of the kind stands there, as in each event of a stream."""

    def __str__(self) -> str:
        if not self.shown:
            return self.what
        within = f", in {self.within}" if self.within else ""
        times = f", {self.times} times" if self.times > 1 else ""
        return f"this looks like {self.what}: {self.shown}{within}{times}"


def suspects(response: Response, rules: Rules, known: Sequence[str] = ()) -> list[Suspect]:
    """Everything in a response that looks like a secret, in its order; in one place, once.

    Args:
        response: What is to be saved.
        rules: What to look for.
        known: Secrets that are in nobody's recording, also in base64.
    """
    found = list(_in(("reason",), response.reason, None, rules, known))
    for kind, pairs in (("headers", response.headers), ("trailers", response.trailers)):
        for index, (name, value) in enumerate(pairs):
            for one in _in((kind, index), value, name, rules, known):
                found.append(msgspec.structs.replace(one, within=name))
    try:
        body = b"".join(response.opened())
    except UnreadableError as error:
        what = f"nobody can say whether a secret is in this body: {error}"
        return [*found, Suspect(place=("body",), offset=0, what=what, shown="")]
    text = body.decode("latin-1")
    within = list(_once(_in(("body",), text, None, rules, known), text, response))
    told = {(one.what, one.within) for one in within}
    across = [one for one in _across(response, rules, known) if (one.what, one.within) not in told]
    return [*found, *within, *across]


def _across(response: Response, rules: Rules, known: Sequence[str]) -> Iterator[Suspect]:
    """Secrets that a stream tells piece by piece: no event holds one, and together they do."""
    if not response.is_stream:
        return
    pieces: dict[str, list[str]] = {}
    for one in documents(response.plain):
        for path, text in _texts(one):
            pieces.setdefault(path, []).append(text)
    for path, texts in pieces.items():
        if len(set(texts)) > 1:
            told = "".join(texts).encode("utf-8", "replace").decode("latin-1")
            for one in {found.what: found for found in _named(("body",), told, None, rules, known)}:
                shown = "piece by piece, over several events"
                yield Suspect(place=("body",), offset=0, what=one, shown=shown, within=path)


def _texts(document: Any) -> Iterator[tuple[str, str]]:
    """The texts in JSON, each with its path."""
    for path, text in jsonvalue.leaves(document):
        if text[0] == '"':
            yield path, json.loads(text)


def _once(found: Iterable[Suspect], text: str, response: Response) -> Iterator[Suspect]:
    """Those in a body, each kind once for each path in its JSON."""
    first: dict[tuple[str, str], Suspect] = {}
    paths = _Paths(response)
    for one in found:
        word = unescaped(text[one.offset : one.offset + one.size]).strip()
        within = paths.of(word)
        key = one.what, within or word
        before = first.get(key)
        first[key] = (
            msgspec.structs.replace(before, times=before.times + 1)
            if before
            else msgspec.structs.replace(one, within=within)
        )
    yield from first.values()


class _Paths:
    """Where in a body's JSON texts stand; as costly as the body is long, so not for every word."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self._texts: list[tuple[str, str]] | None = None

    def of(self, word: str) -> str:
        if self._texts is None:
            every = documents(self._response.plain)
            self._texts = [pair for one in every for pair in _texts(one)]
        meant = word.encode("latin-1").decode("utf-8", "replace")
        return next((path for path, text in self._texts if meant in text), "")


def _in(
    place: tuple[str | int, ...],
    text: str,
    header: str | None,
    rules: Rules,
    known: Sequence[str],
) -> Iterator[Suspect]:
    seen: list[tuple[int, int]] = []
    for one in _named(place, text, header, rules, known):
        seen.append((one.offset, one.offset + one.size))
        yield one
    for view in _views(text, header, rules):
        for match in WORD.finditer(view):
            if is_random(match[0], rules.entropy):
                yield from _found(seen, place, match, "a secret: letters and digits by chance")


def _named(
    place: tuple[str | int, ...],
    text: str,
    header: str | None,
    rules: Rules,
    known: Sequence[str],
) -> Iterator[Suspect]:
    """The key that was used, and secrets of known forms."""
    seen: list[tuple[int, int]] = []
    for secret in known:
        for form in forms(secret.encode()):
            at = text.find(form.decode("latin-1"))
            if at >= 0:
                seen.append((at, at + len(form)))
                what = "the key that was used"
                yield Suspect(place=place, offset=at, size=len(form), what=what, shown="…")
    for view in _views(text, header, rules):
        for rule in rules.secrets:
            for match in rule.expression.finditer(view):
                yield from _found(seen, place, match, rule.name)


def _views(text: str, header: str | None, rules: Rules) -> Iterable[str]:
    """A text without what is allowed: as its escapes mean it, and as it is, if that is no JSON."""
    for rule in rules.allow:
        text = without(rule, text, header)
    return dict.fromkeys([unescaped(text), text])


def _found(
    seen: list[tuple[int, int]], place: tuple[str | int, ...], match: re.Match[str], what: str
) -> Iterator[Suspect]:
    start, end = match.span()
    # Zeros are what sanitizers leave; what has been found once has a name already.
    if is_blank(match[0]) or any(start < last and first < end for first, last in seen):
        return
    seen.append((start, end))
    shown = f"{match[0].strip()[:ENDS]}…"
    yield Suspect(place=place, offset=start, size=end - start, what=what, shown=shown)


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
