"""Where in a text something stands that a rule is about: in headers, in named values, anywhere."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from harness.model.secret_forms import decoded_words, is_placeholder, read_in_all_ways
from harness.model.view import View
from harness.record.members import JSON, lines, members, parameters, told_in_pieces
from harness.record.rules import is_among

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.record.rules import Rule


class Reading:
    """A text in all the ways in which something may be told in it."""

    def __init__(self, text: str, *, is_body: bool) -> None:
        """Read a header's value, or a body."""
        view = View.of(text)
        is_json = is_body and JSON.match(text) is not None
        is_stream = is_json and text.lstrip()[:1] not in {"{", "["}
        levels = list(view.levels())
        self.whole = levels[1:] if is_json and len(levels) > 1 else levels
        """All of it, with each level of escapes undone; of JSON not as it is spelled, where `\\nsk-1` is no word."""
        self.members = list(members(view)) if is_json else []
        """Of JSON, also where JSON stands in a text of it."""
        opened = [inner for level in levels for inner in decoded_words(level)]
        pieces = [one.view for one in told_in_pieces(self.members)] if is_stream else []
        self.parts = [*opened, *(inner for one in pieces for inner in read_in_all_ways(one))]
        """What is base64 in it, and what a stream tells piece by piece."""
        self.members += [one for source in (*opened, *pieces) for one in members(source, 1)]

    @cached_property
    def parameters(self) -> list[tuple[View, str, int, int]]:
        """Named values in texts: the view, the name, and where in the view the value stands."""
        return [(one, *told) for one in (*self.whole, *self.parts) for told in parameters(one)]

    @cached_property
    def lines(self) -> list[tuple[View, str, int, int]]:
        """The same, of what looks like headers."""
        return [(one, *told) for one in (*self.whole, *self.parts) for told in lines(one)]


@lru_cache(maxsize=8)  # every rule asks about the same texts
def reading(text: str, *, is_body: bool) -> Reading:
    """Read a header's value, or a body."""
    return Reading(text, is_body=is_body)


def spans(rule: Rule, text: str, header: str | None) -> Iterator[tuple[int, int]]:
    """What a rule finds: of a pattern with groups, those.

    Args:
        rule: The rule.
        text: A header's value, or a body.
        header: The header's name; `None` for a body.
    """
    for view, start, end in found(rule, text, header):
        yield from view.places(start, end)


def found(rule: Rule, text: str, header: str | None) -> Iterator[tuple[View, int, int]]:
    """What a rule finds, each in the view in which it is found."""
    read = reading(text, is_body=header is None)
    if rule.concerns(header):
        for view in read.whole if rule.distinct else (*read.whole, *read.parts):
            yield from _matched(rule, view, 0, len(view.text))
    for one in read.members if rule.has_members else ():
        if any(map(rule.is_about, one.names)) and (rule.secret or not one.depth):
            yield from _value(rule, one.view, 0, len(one.view.text))
    for view, name, start, end in read.parameters if rule.names else ():
        if rule.is_called(name):
            yield from _value(rule, view, start, end)
    for view, name, start, end in read.lines if rule.secret and rule.headers else ():
        if is_among(name, rule.headers):
            yield from _matched(rule, view, start, end)


def _value(rule: Rule, view: View, start: int, end: int) -> Iterator[tuple[View, int, int]]:
    """In a named value; what documentation has in a secret's place is none."""
    if not (rule.secret and is_placeholder(view.text[start:end])):
        yield from _matched(rule, view, start, end)


def _matched(rule: Rule, view: View, start: int, end: int) -> Iterator[tuple[View, int, int]]:
    if not rule.may_be_in(view):
        return
    text = view.text if end - start == len(view.text) else view.text[start:end]
    for first, last in rule.within(text):
        yield view, start + first, start + last


def replaced(text: str, found: Iterable[tuple[int, int]], new: Callable[[str], str]) -> str:
    """A text with something new, as long as before, in some places; of two that overlap, the first."""
    pieces: list[str] = []
    done = 0
    for start, end in sorted(found):
        if start >= done:
            pieces += [text[done:start], new(text[start:end])]
            done = end
    return "".join([*pieces, text[done:]])


def union(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places in order, those that overlap as one."""
    every: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if every and start < every[-1][1]:
            every[-1] = every[-1][0], max(end, every[-1][1])
        else:
            every.append((start, end))
    return every
