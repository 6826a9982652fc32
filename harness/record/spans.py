r"""Where in a text something stands that a rule is about: in headers, in members of JSON, anywhere.

JSON is searched as it is spelled, so that what is found can be replaced byte for byte. Its escapes
are no letters: in `"key:\nsk-1"`, the word is `sk-1` and not `nsk-1`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.record.rules import Rule

STRING = re.compile(r'"([^"\\\r\n]*(?:\\.[^"\\\r\n]*)*)"(\s*:\s*)?')
"""A JSON string, and what makes it a member's name (RFC 8259, sections 4 and 7)."""

EVENT_ID = re.compile(r"(?:^|(?<=[\r\n]))id: ?([^\r\n]+)")
"""The id of an event (WHATWG HTML, "Interpreting an event stream")."""

ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|["\\/bfnrt])')
JSON = re.compile(r"(?:\xef\xbb\xbf)?\s*(?:[\[{]|(?:data|event|id|retry)?:)")
"""How JSON begins, or a stream of it."""


def spans(rule: Rule, text: str, header: str | None) -> Iterator[tuple[int, int]]:
    """What a rule finds: of a pattern with groups, those.

    Args:
        rule: The rule.
        text: A header's value, or a body.
        header: The header's name; `None` for a body.
    """
    if header is not None or not JSON.match(text):
        if rule.concerns(header):
            yield from _matched(rule, text, 0)
        return
    if rule.concerns(header):
        yield from _matched(rule, unescaped(text), 0)
    if rule.fields:
        for name, start, end in members(text):
            if rule.is_about(name):
                yield from _matched(rule, unescaped(text[start:end]), start)


def _matched(rule: Rule, text: str, offset: int) -> Iterator[tuple[int, int]]:
    for match in rule.expression.finditer(text):
        for number in range(1, match.re.groups + 1) if match.re.groups else (0,):
            start, end = match.span(number)
            if start < end:
                yield offset + start, offset + end


def members(text: str) -> Iterator[tuple[str, int, int]]:
    """Members of JSON that are strings, and ids of events: the name, and where the value stands."""
    if text.lstrip()[:1] not in {"{", "["}:
        for match in EVENT_ID.finditer(text):
            yield "id", *match.span(1)
    name, end = "", -1
    for match in STRING.finditer(text):
        if match[2]:
            name, end = match[1], match.end()
        elif match.start() == end:
            yield name, *match.span(1)


def replaced(text: str, found: Iterable[tuple[int, int]], new: Callable[[str], str]) -> str:
    """A text with something new, as long as before, in some places; of two that overlap, the first."""
    pieces: list[str] = []
    done = 0
    for start, end in sorted(found):
        if start >= done:
            pieces += [text[done:start], new(text[start:end])]
            done = end
    return "".join([*pieces, text[done:]])


@lru_cache(maxsize=8)  # every rule asks about the same bodies
def unescaped(text: str) -> str:
    """JSON as long as before, in which escapes are no letters, but for those of letters."""
    return ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(match: re.Match[str]) -> str:
    if match[0] == "\\/":
        return "//"  # in the middle of words
    character = chr(int(match[1], 16)) if match[1] else " "
    shown = character if "!" <= character <= "~" and character not in '"\\' else " "
    return shown.rjust(len(match[0]))
