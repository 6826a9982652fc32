"""Named values in a text: members of JSON, at any depth and in texts that are JSON, parameters, parts of forms.

JSON is searched as it is spelled, so that what is found can be replaced byte for byte.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec

from harness.model import jsonvalue
from harness.model.view import View, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

JSON = re.compile(r"(?:\xef\xbb\xbf)?\s*(?:[\[{]|(?:data|event|id|retry)?:)")
"""How JSON begins, or a stream of it."""

TOKEN = re.compile(
    r'"([^"\\\r\n]*(?:\\.[^"\\\r\n]*)*)"(\s*:\s*)?|([{\[])|([}\]])'
    r"|(?<=[\[,\s])(-?\d|true|false|null)|[\r\n](?=data: ?[{\[])"
)
"""A JSON string, and what makes it a member's name (RFC 8259, sections 4 and 7); what begins and ends an
object or a list; other values; where an event begins, whatever is not ended before it."""

EVENT_ID = re.compile(r"(?:^|(?<=[\r\n]))id: ?([^\r\n]+)")
"""The id of an event (WHATWG HTML, "Interpreting an event stream")."""

PARAMETERS = (
    re.compile(
        r"(?:^|[?&;(,\"'\r\n]|\bexport )\s?([A-Za-z_$][\w.$\[\]-]{1,60})\s?=\s?[\"']?([^&;\s\"'<>]+)"
    ),
    re.compile(
        r"\bname=[\"']?([\w.\[\]-]{2,60})[\"'][^\r\n]*(?:\r?\n[^\r\n]+){0,4}\r?\n\r?\n([^\r\n]+)"
    ),
    re.compile(r"\bname=[\"']([\w.\[\]-]{2,60})[\"'][^<>]{0,200}\bvalue=[\"']([^\"'<>]+)"),
    re.compile(
        r"<(?:\w+:)?([A-Za-z_][\w.-]{1,60})(?:\s[^<>]{0,200})?>(?:<!\[CDATA\[)?([^<>\]]+)(?:\]\]>)?</"
    ),
    re.compile(r"<[A-Za-z][^<>]{0,200}\s([A-Za-z_][\w.-]{1,60})=[\"']([^<>\"']+)"),
    re.compile(r"'([A-Za-z_][\w.-]{1,60})': ?'([^'\r\n\\]+)'"),
)
"""A name with its value in a query, a form (RFC 1866, section 8.2.1), a connection string or a file of
settings; in a part of a multipart form (RFC 7578); in HTML; in XML; in a dictionary as Python writes it."""

LINE = re.compile(r"(?:^|(?<=[\r\n]))([A-Za-z][\w-]{3,60}): ?([^\r\n]+)")
"""A header, as it stands in a text (RFC 9112, section 5)."""

NAMING = {"name", "key", "header", "field", "parameter"}
"""Members whose value names what the member `value` beside them is."""

ID = re.compile(r"(?:^|[a-z_-])(?:id|Id|ID)$")
"""Names of what is no text that a stream tells piece by piece, though it differs from event to event."""

MOST_NESTED = 200
"""Objects and lists in one another that paths tell apart."""

MOST_DEPTH = 4
"""How often JSON may stand in texts of JSON."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A text with a name."""

    names: tuple[str, ...]
    """Its own; of what is in a list, the list's; of a `value`, what names it."""
    path: str
    view: View
    depth: int = 0
    """In how many texts the JSON stands that it is a member of."""


class _Frame(msgspec.Struct, kw_only=True):
    """An object or a list that has begun."""

    name: str
    path: str
    is_list: bool
    count: int = 0
    member: str = ""
    named: str = ""

    def next(self) -> tuple[str, str]:
        """The name and the path of what comes now."""
        if self.is_list:
            self.count += 1
            return self.name, f"{self.path}[{self.count - 1}]"
        name, self.member = self.member, ""
        return name, f"{self.path}{jsonvalue.member(name)}"


def members(view: View, depth: int = 0) -> Iterator[Member]:
    """Members of JSON that are texts, those of texts that are JSON as well, and the ids of events."""
    text = view.text
    if not JSON.match(text):
        return
    if text.lstrip()[:1] not in {"{", "["}:
        for match in EVENT_ID.finditer(text):
            yield Member(names=("id",), path="id", view=view.part(*match.span(1)), depth=depth)
    walk = _Walk()
    for match in TOKEN.finditer(text):
        if walk.takes(match):
            yield from _value(view, match, walk.stack[-1], depth)


class _Walk:
    """Where in JSON a token stands."""

    def __init__(self) -> None:
        self.stack: list[_Frame] = []

    def takes(self, match: re.Match[str]) -> bool:
        """Go on by a token; whether it is a text that is a value."""
        string, colon, opens, closes, other = match.groups()
        top = self.stack[-1] if self.stack else None
        if opens:
            name, path = top.next() if top else ("", "$")
            if top and len(self.stack) >= MOST_NESTED:
                path = top.path
            self.stack.append(_Frame(name=name, path=path, is_list=opens == "["))
        elif string is None and not other:
            del self.stack[-1 if closes else 0 :]
        elif top and (other or colon):
            top.count += 1 if other and top.is_list else 0
            top.member = _spelled(string) if colon else top.member
        return bool(top and string is not None and not colon)


def _value(view: View, match: re.Match[str], top: _Frame, depth: int) -> Iterator[Member]:
    name, path = top.next()
    names = [name]
    if name.lower() in NAMING:
        top.named = _spelled(match[1])
    elif name.lower() == "value":
        names += [one for one in (top.named, top.name) if one]
    inner = view.part(*match.span(1))
    inner = inner.unescaped() or inner
    yield Member(names=tuple(names), path=path, view=inner, depth=depth)
    if depth < MOST_DEPTH and inner.text.lstrip()[:1] in {"{", "["}:
        yield from members(inner, depth + 1)


def _spelled(string: str) -> str:
    """A name without its escapes."""
    if "\\" not in string:
        return string
    try:
        return str(json.loads(f'"{string}"'))
    except ValueError:
        return string


def parameters(view: View) -> Iterator[tuple[str, int, int]]:
    """Names with values in a text that is no JSON itself: the name, and where in the view the value stands."""
    for expression in PARAMETERS:
        for match in expression.finditer(view.text):
            yield match[1], *match.span(2)


def lines(view: View) -> Iterator[tuple[str, int, int]]:
    """What looks like headers in a text: the name, and where in the view the value stands."""
    for match in LINE.finditer(view.text):
        yield match[1], *match.span(2)


def told_in_pieces(every: Iterable[Member]) -> Iterator[Member]:
    """What a stream tells piece by piece, each event some of it, as one text."""
    by_path: dict[str, list[Member]] = {}
    for one in every:
        if not one.depth and not ID.search(one.names[0]):
            by_path.setdefault(one.path, []).append(one)
    for path, pieces in by_path.items():
        if len({one.view.text for one in pieces}) > 1:
            view = joined(one.view for one in pieces)
            yield Member(names=pieces[0].names, path=path, view=view)
