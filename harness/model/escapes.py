"""A text as its escapes mean it: of URLs, JSON, HTML, and with nothing between its characters.

Which characters are escaped, how, and how many times over, is up to whoever writes a text. So there
are several views of one. Each knows where in the text its bytes come from. All are in lower case.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 3
"""How many times over a text may be escaped."""

LONG = 1024 * 1024
"""Bytes of a text of which only one layer of escapes is undone: it would take longer than it is worth."""

JSON_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

URL = re.compile(rb"%([0-9a-f]{2})")
"""RFC 3986, section 2.1."""

JSON = re.compile(
    rb"""\\(?:(\\(?:\\\\){15,})|u00([0-9a-f]{2})|u\{0*([0-9a-f]{1,2})\}|x([0-9a-f]{2})|([0-7]{3})"""
    rb"""|([!-/:-@\[-`{-~bfnrt]))"""
)
"""RFC 8259, section 7, and what programming languages, Markdown and regular expressions have besides.

A long run of backslashes is one match: one by one they would take a second for each megabyte.
"""

HTML = re.compile(rb"&(?:#0{0,6}([0-9]{1,3});?|#x0{0,6}([0-9a-f]{1,2});?|([a-z]{2,12});)")
"""WHATWG HTML, "Character references"."""

EVERY = re.compile(b"|".join(one.pattern for one in (URL, JSON, HTML)))

FILLING = b"\t :,\0\"'[]-"
FILLERS = re.compile(b"[" + re.escape(FILLING) + b"]+")
"""What may stand between the characters of base64, hexadecimal or UTF-16, and in a list of them."""

LINE_END = re.compile(rb"\r?\n(?!\r?\n)")
"""The same. No empty line: where an event ends, nothing is waited for."""

OPEN = re.compile(rb"(?:%[0-9a-f]?|\\+(?:u\{?|x|[0-7]{1,2})?[0-9a-f]{0,3}|&#?[a-z0-9]{0,12})\Z")
"""At the end of a text: what may become an escape, or belong to one."""

OPEN_WITHIN = 24
"""Bytes at the end of a text in which that is looked for."""

INTRODUCERS = {URL: b"%", JSON: b"\\", HTML: b"&"}


class View:
    """A text, or what another view means."""

    def __init__(
        self,
        data: bytes,
        inner: View | None = None,
        escapes: re.Pattern[bytes] | None = None,
        *,
        whole: bool,
    ) -> None:
        """Look at a text.

        Args:
            data: The text, in lower case, or what another view means.
            inner: That view.
            escapes: What was undone in it.
            whole: Whether nothing may follow.
        """
        self.data = data
        self.inner = inner
        self.closed = len(data) if whole else _closed(data)
        """Where at the end an escape may have begun that is not yet whole."""
        self._escapes = escapes
        self._whole = whole

    def undone(self, escapes: re.Pattern[bytes]) -> View:
        """This view with some escapes undone; itself if it has none."""
        closed, rest = self.data[: self.closed], self.data[self.closed :]
        if escapes is FILLERS:
            data = without_fillers(closed) + rest  # the same, and far quicker
        else:
            data = escapes.sub(b"" if escapes is LINE_END else _meant, closed) + rest
        return self if data == self.data else View(data, self, escapes, whole=self._whole)

    def deeper(self, *, each: bool) -> Iterator[View]:
        """What this view means, by one kind of escapes and by all."""
        kinds = [kind for kind, introducer in INTRODUCERS.items() if introducer in self.data]
        if each or len(kinds) == 1:
            yield from map(self.undone, kinds)
        if len(kinds) > 1:
            yield self.undone(EVERY)

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text the bytes from one place of this view to another come from."""
        if self.inner is None:
            return start, end
        outs, ins, widths = self._origins
        first, last = bisect_right(outs, start) - 1, bisect_right(outs, end - 1) - 1
        begin = ins[first] + start - outs[first]
        stop = ins[last] + end - 1 - outs[last] + (widths[last] if outs[last] == end - 1 else 1)
        return self.inner.source(begin, max(begin, stop))

    @cached_property
    def _origins(self) -> tuple[list[int], list[int], list[int]]:
        """Ascending: places here, the places there, and how wide the byte is that stands there."""
        assert self.inner is not None  # noqa: S101
        assert self._escapes is not None  # noqa: S101
        is_left_out = self._escapes in {FILLERS, LINE_END}
        outs, ins, widths = [0], [0], [1]
        for match in self._escapes.finditer(self.inner.data, 0, self.inner.closed):
            at = outs[-1] + match.start() - ins[-1]
            if meant := b"" if is_left_out else _meant(match):
                outs += [at, at + len(meant)]
                ins += [match.start(), match.end()]
                widths += [match.end() - match.start(), 1]
            else:
                outs.append(at)
                ins.append(match.end())
                widths.append(1)
        return outs, ins, widths


def without_fillers(data: bytes) -> bytes:
    """A text without what may stand between characters."""
    return data.translate(None, FILLING)


def views(data: bytes, *, whole: bool = True) -> Iterator[View]:
    """Every view of a text, the text itself first; those that are the same but once.

    Args:
        data: The text.
        whole: Whether nothing may follow.
    """
    level = [View(data.lower(), whole=whole)]
    seen = {level[0].data}
    layers = DEPTH if len(data) <= LONG else 1
    for depth in range(layers + 1):
        for view in level:
            yield view
            loose = view.undone(FILLERS).undone(LINE_END)
            if loose is not view:
                yield loose
        deeper = []
        for view in level:
            for found in view.deeper(each=depth == 0):
                if found.data not in seen:
                    seen.add(found.data)
                    deeper.append(found)
        level = deeper if depth < layers else []


def _closed(data: bytes) -> int:
    found = OPEN.search(data, max(0, len(data) - OPEN_WITHIN))
    return found.start() if found else len(data)


class _Meanings(dict[bytes, bytes]):
    """What escapes mean: texts have the same ones again and again."""

    def __missing__(self, escape: bytes) -> bytes:
        meant = {b"%": _url, b"\\": _json, b"&": _html}[escape[:1]](escape[1:])
        if meant is None:  # there is no end of names that mean nothing
            return escape
        self[escape] = meant
        return meant


def _url(body: bytes) -> bytes:
    return _byte(body, 16)


def _json(body: bytes) -> bytes:
    if body[:1] == b"\\":
        return body[: (len(body) + 1) // 2]
    if body[:1] in b"ux" and len(body) > 1:
        return _byte(body[1:].strip(b"{}"), 16)
    if body.isdigit():
        return _byte(body, 8)
    return JSON_LETTERS.get(body, body)


def _html(body: bytes) -> bytes | None:
    body = body.rstrip(b";")
    if body[:2] == b"#x":
        return _byte(body[2:], 16)
    if body[:1] == b"#":
        return _byte(body[1:], 10)
    return _named().get(body)


def _byte(digits: bytes, base: int) -> bytes:
    number = int(digits, base)
    return bytes([number]).lower() if number <= 0xFF else b"?"  # noqa: PLR2004


MEANINGS = _Meanings()

MANY = 32
"""Bytes of the shortest run of backslashes that is one escape; there is no end of them either."""


def _meant(match: re.Match[bytes]) -> bytes:
    escape = match[0]
    return MEANINGS[escape] if len(escape) < MANY else _json(escape[1:])


@cache
def _named() -> dict[bytes, bytes]:
    """HTML's names of ASCII characters, in lower case."""
    from html.entities import html5

    return {
        name[:-1].lower().encode(): meant.encode()
        for name, meant in html5.items()
        if name.endswith(";") and meant.isascii() and len(meant) == 1
    }
