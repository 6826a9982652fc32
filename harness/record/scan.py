"""Finds what looks like a secret in a recording that is about to be saved, or has been."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import msgspec

from harness.model.recording import UnreadableError
from harness.model.secret_forms import CONTROL, unpacked
from harness.record.blank import blank, is_blank
from harness.record.sanitize import known_in, without
from harness.record.spans import found, reading, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.model.recording import Recording, Response
    from harness.model.view import View
    from harness.record.rules import Entropy, Rule, Rules

WORD = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
CHANCE = "a secret: letters and digits by chance"
NUMBER = re.compile(r'"([\w.-]{3,60})"\s*:\s*(\d{4,})')
TEXTUAL = re.compile(
    r"|text/.*|.*[/+](?:json|xml|yaml|javascript)|application/(?:x-ndjson|x-www-form-urlencoded|graphql.*)"
)
"""Media types of texts; without one, a body is taken for a text as well."""

Where = TypeVar("Where")

MOST_NAMED = 3
"""Other places that a message names."""

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
        known: Secrets that are in nobody's recording, whatever form they have.
    """
    every = list(in_text(("reason",), response.reason, "", rules, known))
    for kind, pairs in (("headers", response.headers), ("trailers", response.trailers)):
        for index, (name, value) in enumerate(pairs):
            for one in in_text((kind, index), value, name, rules, known):
                every.append(msgspec.structs.replace(one, within=name))
    try:
        body = b"".join(response.opened())
    except UnreadableError as error:
        return [*every, _unknown(str(error))]
    return [*every, *_once(_in_body(body, response, rules, known))]


def beside(recording: Recording, rules: Rules, known: Sequence[str] = ()) -> Iterator[Suspect]:
    """What looks like a secret in what a recording says besides responses: where it comes from, and paths."""
    origin = recording.provenance
    texts = [("provenance", name, getattr(origin, name)) for name in ("endpoint", "model", "note")]
    for *place, text in texts:
        yield from in_text(tuple(place), text, "", rules, known)
    for index, exchange in enumerate(recording.exchanges):
        yield from in_text(("exchanges", index, "request", "path"), exchange.path, "", rules, known)


def told_once(every: Iterable[tuple[Where, Suspect]]) -> Iterator[tuple[Where, str]]:
    """What to say of the suspects in a file: each kind once, where it stands first.

    Args:
        every: Each with where it is in the file, in order.
    """
    kinds: dict[str, list[tuple[Where, Suspect]]] = {}
    for where, one in every:
        kinds.setdefault(one.what, []).append((where, one))
    for (where, first), *others in kinds.values():
        told = dict.fromkeys(one.within or str(one.place[0]) for _, one in others)
        told.pop(first.within or str(first.place[0]), None)
        named = ", ".join(list(told)[:MOST_NAMED])
        more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
        also = f"; also in {named}{more}" if told else ""
        times = first.times + sum(one.times for _, one in others if one.within == first.within)
        yield where, f"{msgspec.structs.replace(first, times=times)}{also}"


def _unknown(why: str) -> Suspect:
    what = f"nobody can say whether a secret is in this body: {why}"
    return Suspect(place=("body",), offset=0, what=what, shown="")


def _in_body(
    body: bytes, response: Response, rules: Rules, known: Sequence[str]
) -> Iterator[Suspect]:
    text = body.decode("latin-1")
    if not CONTROL.search(text):
        paths = _Paths(text)
        for one in in_text(("body",), text, None, rules, known):
            yield msgspec.structs.replace(one, within=paths.of(one.offset))
    elif inner := unpacked(body, bare=True):
        for one in in_text(("body",), inner.decode("latin-1"), None, rules, known):
            what = f"{one.what} in what is compressed, though no header says so"
            yield msgspec.structs.replace(one, what=what, offset=0, size=0)
    elif TEXTUAL.fullmatch(response.media_type):
        yield _unknown("it is no text, as its headers would have it, and its coding is not known")
    else:
        yield from in_text(("body",), text, None, rules, known)


def _once(every: Iterable[Suspect]) -> Iterator[Suspect]:
    """Those in a body, each kind once for each path in its JSON."""
    first: dict[tuple[str, str], Suspect] = {}
    for one in every:
        key = one.what, one.within or str(one.offset)
        before = first.get(key)
        first[key] = msgspec.structs.replace(before, times=before.times + 1) if before else one
    yield from first.values()


class _Paths:
    """Where in a body's JSON texts stand; worked out only if that is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _found(self) -> tuple[list[int], list[str]]:
        every = reading(self._text, is_body=True).members
        begins = sorted(
            (
                min((start for start, _ in one.view.places(0, len(one.view.text))), default=0),
                one.path,
            )
            for one in every
            if not one.depth
        )
        return [begin for begin, _ in begins], [path for _, path in begins]

    def of(self, offset: int) -> str:
        """The path of the text that stands where an offset is; empty if there is no JSON."""
        begins, paths = self._found
        at = bisect_right(begins, offset) - 1
        return paths[at] if at >= 0 else ""


def in_text(
    place: tuple[str | int, ...],
    text: str,
    header: str | None,
    rules: Rules,
    known: Sequence[str] = (),
) -> Iterator[Suspect]:
    """Everything in a text that looks like a secret.

    Args:
        place: Where the text stands.
        text: A header's value, or a body.
        header: The header's name; `None` for a body.
        rules: What to look for.
        known: Secrets that must not be in it.
    """
    for rule in rules.allow:
        text = without(rule, text, header)
    seen: list[tuple[int, int]] = []
    for start, end in union(known_in(text, known, header)):
        seen.append((start, end))
        what = "the key that was used"
        yield Suspect(place=place, offset=start, size=end - start, what=what, shown="…")
    for rule in rules.secrets:
        for view, start, end in found(rule, text, header):
            yield from _new(seen, place, view, (start, end), _named(rule))
    if header is None:
        yield from _numbers(place, text, rules)
    for view in reading(text, is_body=header is None).whole:
        for match in WORD.finditer(view.text):
            if is_random(match[0], rules.entropy):
                yield from _new(seen, place, view, match.span(), CHANCE)


def _named(rule: Rule) -> str:
    return rule.name if rule.form or not rule.why else f"what its name tells ({rule.name})"


def _new(
    seen: list[tuple[int, int]],
    place: tuple[str | int, ...],
    view: View,
    span: tuple[int, int],
    what: str,
) -> Iterator[Suspect]:
    """What was found, if it has no name already and is not blank: zeros are what sanitizers leave."""
    text = view.text[slice(*span)]
    places = list(view.places(*span))
    if not places or text == blank(text) or is_blank(text):
        return
    if any(start < last and first < end for start, end in places for first, last in seen):
        return
    seen += places
    shown = f"{text[: min(ENDS, len(text) // ENDS)]}…"
    if len(places) > 1:
        shown = "piece by piece, over several events"
    (start, end), *_ = places
    yield Suspect(place=place, offset=start, size=end - start, what=what, shown=shown)


def _numbers(place: tuple[str | int, ...], text: str, rules: Rules) -> Iterator[Suspect]:
    """Numbers whose names say that they are secrets: JSON has no zeros to put in their place."""
    for match in NUMBER.finditer(text):
        for rule in rules.secrets:
            if rule.is_called(match[1]) and not rule.pattern:
                shown = f"a number of {len(match[2])} digits"
                yield Suspect(place=place, offset=match.start(2), what=_named(rule), shown=shown)


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
