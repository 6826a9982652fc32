"""What in a sample's bytes may keep its interpreter from reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["encoding", "bom", "crlf"]
"""Another encoding than UTF-8, which a client need not say that it cannot read; a byte order mark;
lines that end with CRLF, or all of them with CR."""

MARKS = {
    b"\xff\xfe\0\0": "UTF-32 (little endian)",
    b"\0\0\xfe\xff": "UTF-32 (big endian)",
    b"\xff\xfe": "UTF-16 (little endian)",
    b"\xfe\xff": "UTF-16 (big endian)",
}
"""Byte order marks, the longer ones first. Source: The Unicode Standard, table 2-4."""

BOM = b"\xef\xbb\xbf"


class TextFault(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing that may keep a text from being read."""

    kind: Kind
    line: int
    """Where it is met first, counted from 1."""
    received: str


def text_faults(data: bytes) -> Iterator[TextFault]:
    """What may keep a text from being read: one of each kind that is there."""
    if other := _other_encoding(data):
        yield other
        return  # what its line ends are is another question there
    if data.startswith(BOM):
        yield TextFault(kind="bom", line=1, received="the bytes ef bb bf before its first line")
    number = data.count(b"\r\n")
    if number:
        line = data.count(b"\n", 0, data.index(b"\r\n")) + 1
        yield TextFault(kind="crlf", line=line, received=f"CRLF at the end of {_lines(number)}")
    elif b"\r" in data and b"\n" not in data:
        received = "CR alone at the end of " + _lines(data.count(b"\r"))
        yield TextFault(kind="crlf", line=1, received=received)


def _lines(number: int) -> str:
    return f"{number} line{'' if number == 1 else 's'}"


def _other_encoding(data: bytes) -> TextFault | None:
    for mark, name in MARKS.items():
        if data.startswith(mark):
            return TextFault(kind="encoding", line=1, received=name)
    # ASCII in UTF-16 has a NUL for every second byte, and is valid UTF-8.
    for order, name in enumerate(("UTF-16 (big endian)", "UTF-16 (little endian)")):
        half = data[order::2]
        if half and half.count(0) > len(half) / 2:
            return TextFault(kind="encoding", line=1, received=f"{name}, without a byte order mark")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        received = f"the byte {data[error.start]:02x}, which is no UTF-8 there"
        return TextFault(kind="encoding", line=line, received=received)
    return None
