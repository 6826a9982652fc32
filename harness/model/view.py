"""A text as its escapes mean it, with where each of its characters stands in the text as it is spelled.

A secret may be escaped for JSON, for a URL or for HTML, or several times over. What is found in a view
can be replaced in the text that the view is of.
"""

from __future__ import annotations

import re
from array import array
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ESCAPE = re.compile(
    r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([\"'\\/bfnrt]))"
    r"|%([0-9A-Fa-f]{2})"
    r"|&(?:#0{0,4}([0-9]{1,3})|#[xX]0{0,4}([0-9A-Fa-f]{1,2})|(amp|lt|gt|quot|apos));"
)
"""An escape of JSON (RFC 8259, section 7) or of a language like it, of URLs (RFC 3986, section 2.1), of HTML."""

SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

UNSIGNED = "I"
"""Places in a text, as an array holds them."""

MOST_LEVELS = 4
"""How often a text may be escaped over again."""


class View:
    """A text that has been made of another."""

    def __init__(self, text: str, begins: Sequence[int], ends: Sequence[int]) -> None:
        """Take a text, and of each of its characters where in the other what it is made of begins and ends."""
        self.text = text
        self._begins = begins
        self._ends = ends

    @cached_property
    def lower(self) -> str:
        """The text in lower case, as words are looked for in it."""
        return self.text.lower()

    @classmethod
    def of(cls, text: str) -> View:
        """A text as it stands."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def places(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where a part of the view stands in the text: in one place, or in several."""
        if start >= end:
            return
        begin, stop = self._begins[start], self._ends[end - 1]
        if stop - begin == end - start:
            yield begin, stop
            return
        stop = begin
        for at in range(start, end):
            if self._begins[at] > stop:
                yield begin, stop
                begin = self._begins[at]
            stop = self._ends[at]
        yield begin, stop

    def _is_whole(self, start: int, end: int) -> bool:
        """Whether a part stands in one place; an escape that a stream tells in pieces does not."""
        if isinstance(self._begins, range):
            return True
        return all(self._ends[at] == self._begins[at + 1] for at in range(start, end - 1))

    def part(self, start: int, end: int) -> View:
        """A part of it."""
        return View(self.text[start:end], self._begins[start:end], self._ends[start:end])

    def opaque(self, start: int, end: int, text: str) -> View:
        """What a part of it stands for, where only the whole of that part can be replaced."""
        size = len(text)
        begin, stop = array(UNSIGNED, [self._begins[start]]), array(UNSIGNED, [self._ends[end - 1]])
        return View(text, begin * size, stop * size)

    def unescaped(self) -> View | None:
        """The view with one level of escapes undone; `None` if there is none."""
        if not ESCAPE.search(self.text):
            return None
        texts: list[str] = []
        begins, ends = array(UNSIGNED), array(UNSIGNED)
        done = 0
        for match in ESCAPE.finditer(self.text):
            start, end = match.span()
            if done < start:
                texts.append(self.text[done:start])
                begins.extend(self._begins[done:start])
                ends.extend(self._ends[done:start])
            texts.append(_meant(match))
            begins.append(self._begins[start])
            ends.append(self._ends[(end if self._is_whole(start, end) else start + 1) - 1])
            done = end
        texts.append(self.text[done:])
        begins.extend(self._begins[done:])
        ends.extend(self._ends[done:])
        return View("".join(texts), begins, ends)

    def levels(self) -> Iterator[View]:
        """The view, and what it is with each level of escapes undone."""
        view: View | None = self
        for _ in range(MOST_LEVELS + 1):
            if view is None:
                return
            yield view
            view = view.unescaped()


def joined(views: Iterable[View]) -> View:
    """Views of one text, one after the other."""
    texts: list[str] = []
    begins, ends = array(UNSIGNED), array(UNSIGNED)
    for view in views:
        texts.append(view.text)
        begins.extend(view._begins)  # noqa: SLF001
        ends.extend(view._ends)  # noqa: SLF001
    return View("".join(texts), begins, ends)


def plain(text: str) -> str:
    """A text with one level of escapes undone."""
    return ESCAPE.sub(_meant, text)


def _meant(match: re.Match[str]) -> str:
    """The one character that an escape stands for; a space for those that no secret has."""
    wide, narrow, short, percent, decimal, hexadecimal, named = match.groups()
    if named:
        return NAMED[named]
    if short:
        return SHORT.get(short, short)
    code = int(decimal) if decimal else int(wide or narrow or percent or hexadecimal, 16)
    return chr(code) if code < 0x80 else " "  # noqa: PLR2004
