"""Texts that came in pieces, cut where JSON may cut them: within a character.

JSON escapes are UTF-16 (RFC 8259, section 7), so that an emoji is two of them, and one may end a
piece and the other begin the next. A half without its other half cannot be written as UTF-8, and
stands as U+FFFD (WHATWG Encoding; what encoders of UTF-8 do with it).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HALF = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def joined(pieces: Iterable[str]) -> str:
    """Pieces as one text: halves that meet are the character they make."""
    text = "".join(pieces)
    if HALF.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def apart(pieces: Iterable[str]) -> str:
    """Pieces as they are seen where each is written by itself: halves never meet."""
    return "".join(joined((piece,)) for piece in pieces)


def escaped(text: str) -> str:
    """A text in which halves are spelled as JSON spells them, so that it can be written."""
    return HALF.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
