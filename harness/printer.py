"""All that this program prints goes through here, so that foreign text is only ever text.

A line is made of parts. A part that is plain text may come from anywhere: what a terminal or CI would
obey in it is escaped. How a part looks is not in its text, but said of it. What is printed for another
program to read goes out as it is, and its maker answers for it.
"""

from __future__ import annotations

import sys
import unicodedata
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec
from msgspec.structs import replace

from harness.model import escape
from harness.model.redactor import redacted
from harness.outlet import Guarded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO, TypeAlias


class Styled(msgspec.Struct, frozen=True):
    """Text with a colour, where there is any."""

    text: str
    colour: str = ""
    """As click names them."""
    bold: bool = False


Part: TypeAlias = "str | Styled"
Line: TypeAlias = "tuple[Part, ...]"


def say(*parts: Part, err: bool = False, end: str = "\n") -> None:
    """Print one line, or several if a part has newlines.

    Args:
        parts: What it is made of.
        err: Whether it goes to standard error.
        end: What follows.
    """
    stream = sys.stderr if err else sys.stdout
    coloured = stream.isatty()
    shown = "".join(_coloured(one) if coloured else one.text for one in safe(parts))
    _write(stream, shown + end)


def say_lines(lines: Iterable[Line]) -> None:
    """Print lines."""
    for line in lines:
        say(*line)


def width(text: str) -> int:
    """How many columns of a terminal a text takes that is all visible.

    Source: Unicode Standard Annex 11, "East Asian Width".
    """
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def padded(text: str, room: int) -> str:
    """A name, seen as it is, with spaces up to a width."""
    text = escape.one_line(text)
    return text + " " * (room - width(text))


def complain(text: str) -> None:
    """Print on standard error what is wrong."""
    say(Styled("error:", "red", bold=True), f" {text}", err=True)


def hand_over(text: str) -> None:
    """Print what another program reads, as it is.

    Args:
        text: One that nobody obeys who should not: whoever made it has seen to that.
    """
    _write(sys.stdout, redacted(text))


def safe(parts: Iterable[Part]) -> list[Styled]:
    """Parts of a line as whoever reads it takes them for text, wherever they meet."""
    styled = (Styled(one) if isinstance(one, str) else one for one in parts)
    # What is a secret is seen before what is no letter is spelled out.
    seen = [replace(one, text=escape.visible(redacted(one.text))) for one in styled]
    marks = set(escape.marks("".join(one.text for one in seen)))
    if not marks:
        return seen
    place = count()
    return [
        replace(
            one,
            text="".join(
                escape.spelled(char) if next(place) in marks else char for char in one.text
            ),
        )
        for one in seen
    ]


def _columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _coloured(one: Styled) -> str:
    if not one.colour:
        return click.style(one.text, bold=True) if one.bold else one.text
    return click.style(one.text, fg=one.colour, bold=one.bold or None)


def as_is(stream: TextIO) -> TextIO:
    """A stream for whoever draws on a terminal, and is given text that is `safe`."""
    return cast("TextIO", _AsIs(stream)) if isinstance(stream, Guarded) else stream


class _AsIs:
    def __init__(self, stream: Guarded) -> None:
        self._stream = stream
        self.write = stream.write_as_is

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _write(stream: TextIO, text: str) -> None:
    if isinstance(stream, Guarded):
        stream.write_as_is(text)
    else:
        stream.write(text)
    stream.flush()
