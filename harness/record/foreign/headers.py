"""Header fields of others, as they can be sent (RFC 9110, sections 5.1 and 5.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.record.foreign.entry import DoubtError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CONTROL = re.compile(r"[^\t -~\x80-\xff]")


def sendable(pairs: Iterable[tuple[str, str]], field: str) -> Iterator[tuple[str, str]]:
    """Headers as HTTP/1.1 can carry them, their names in the case in which they came.

    Of HTTP/2, the fields for itself are left out, whose names begin with a colon (RFC 9113,
    section 8.3). Some browsers write several values of a name as lines of one.

    Raises:
        DoubtError: One of them can be no header.
    """
    for name, value in pairs:
        if name.startswith(":"):
            continue
        if not NAME.fullmatch(name):
            raise DoubtError(f"{field}: expected a header's name; received {shown(name)}")
        for line in re.split(r"\r\n|\n|\r", value):
            text = as_latin_1(line).strip(" \t")
            if CONTROL.search(text):
                expected = f"{field}.{name}: expected a header's value"
                raise DoubtError(f"{expected}; received {shown(value)}")
            yield name, text


def reason_of(text: str) -> str:
    """A reason that can be sent; empty if the text can be none."""
    found = as_latin_1(text).strip(" \t")
    return "" if CONTROL.search(found) else found


def as_latin_1(text: str) -> str:
    """A text of which each character is a byte: what is beyond ISO 8859-1 was UTF-8."""
    if all(character <= "\xff" for character in text):
        return text
    return text.encode("utf-8", "replace").decode("latin-1")
