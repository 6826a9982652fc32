"""What a request's headers must say: by an operation's data, and by the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.model import linear

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CONTENT_TYPE = "content-type"
SINGLE = frozenset(
    {
        *("authorization", CONTENT_TYPE, "content-length", "content-location", "date", "from"),
        *("host", "if-modified-since", "if-unmodified-since", "max-forwards"),
        *("proxy-authorization", "referer", "user-agent"),
    }
)
"""Headers whose value is no list, so that two lines of one mean nothing (RFC 9110, section 5.3)."""


class HeaderFault(msgspec.Struct, frozen=True, kw_only=True):
    """A header that is missing, wrong, or given twice."""

    name: str
    message: str
    expected: str
    received: tuple[str, ...]
    """Its values, one a line; none if the header is not there."""


def faults(
    required: Mapping[str, str], headers: Sequence[tuple[str, str]], known: frozenset[str]
) -> Iterator[HeaderFault]:
    """What is wrong with a request's headers.

    Args:
        required: By name: of `Content-Type` the media type, which is compared without parameters and
            in any case (RFC 9110, section 8.3.1); of any other a pattern for its whole value.
        headers: Names and values, as they came.
        known: Names, in lower case, that are judged elsewhere.
    """
    lines: dict[str, list[str]] = {}
    for name, value in headers:
        lines.setdefault(name.lower(), []).append(value.strip())
    for name, wanted in required.items():
        values = lines.get(name.lower(), [])
        if len(values) > 1:
            message = f"the header {name} must be sent once; it was sent {len(values)} times"
        elif not values:
            message = f"the header {name} is missing"
        elif not fits(name, values[0], wanted):
            message = f"the header {name} is not what the operation takes"
        else:
            continue
        yield HeaderFault(name=name, message=message, expected=wanted, received=tuple(values))
    judged = known | {name.lower() for name in required}
    for name, values in lines.items():
        if len(values) > 1 and name in SINGLE and name not in judged:
            message = f"the header {name} must be sent once; it was sent {len(values)} times"
            yield HeaderFault(name=name, message=message, expected="once", received=tuple(values))


def fits(name: str, value: str, wanted: str) -> bool:
    """Whether a header's value is what is wanted."""
    if name.lower() == CONTENT_TYPE:
        return value.partition(";")[0].strip().lower() == wanted.lower()
    return linear.compiled(wanted).fullmatch(value)
