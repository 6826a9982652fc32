"""Texts of others as the bytes that they were.

Source: RFC 9110, section 8.3.2; WHATWG HTML, "Server-sent events": a stream of events is UTF-8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.model.recording import EVENT_STREAM, field, media_type
from harness.record.foreign.entry import DoubtError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

CHARSET = re.compile(r';\s*charset\s*=\s*"?([\w.:+-]+)', re.IGNORECASE | re.ASCII)


def encoded(text: str, headers: Iterable[tuple[str, str]], place: str, encoding: str = "") -> bytes:
    """A text in the character set in which it came, as far as that is known.

    Args:
        text: The text.
        headers: Those of the answer, which may name its character set.
        place: Where the text stands, for the message.
        encoding: What the file itself names; empty if nothing.

    Raises:
        DoubtError: The file names what is no character set, or the text is none.
    """
    pairs = tuple(headers)
    if encoding:
        try:
            return text.encode(encoding)
        except UnicodeError:
            pass  # what names it so has not written it so
        except (LookupError, ValueError) as error:
            wanted = "base64, a character set, or nothing"
            message = f"{place}: expected as its encoding {wanted}; received {shown(encoding)}"
            raise DoubtError(message) from error
    if named := charset(pairs):
        try:
            return text.encode(named)
        except (LookupError, ValueError):
            pass  # it was another: what is in UTF-8 can be read at least
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        half = f"half of a surrogate pair (U+{ord(text[error.start]):04X})"
        raise DoubtError(f"{place}: holds {half}, which no UTF-8 can carry") from error


def charset(headers: tuple[tuple[str, str], ...]) -> str:
    """The character set that a content type names, if it means something there."""
    if media_type(headers) == EVENT_STREAM:
        return ""
    match = CHARSET.search(field(headers, "content-type"))
    return match[1] if match else ""
