"""The heads that nearly all clients send, read in one go; whatever is unusual is left to `h11`.

Plain is a request in origin form over HTTP/1.1, with one `Host`, at most one `Content-Length`, and
nothing that changes how its body is framed. What is found plain here means the same to `h11`, or
is not found plain: this saves time and decides nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

BODY_LIMIT = 64 * 1024
"""The longest body of a plain request, in bytes."""

HEADERS_LIMIT = 100
"""The most headers of a plain request."""

LINE_LIMIT = 1024
"""The longest line of a plain head, in bytes."""

START = re.compile(rb"(?!CONNECT )([A-Z]+) (/[!-~]*) HTTP/1\.1")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([!-~](?:[\t -~]*[!-~])?|)[ \t]*")
LENGTH = re.compile(r"[0-9]{1,6}")
HEAD_END = b"\r\n\r\n"
UNUSUAL = frozenset({"transfer-encoding", "expect", "upgrade", ""})
NOT_PLAIN = ("", ""), ("", "")
"""Stands for a line that is not a plain header."""


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """A plain request's head."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    connection: str
    """The header `Connection`, empty if there is none."""
    size: int
    """Bytes of the head, its empty line included."""
    length: int
    """Bytes of the body that follows."""


def read(data: bytes) -> Plain | None:
    """The head that some bytes begin with, if it is whole and plain."""
    end = data.find(HEAD_END)
    if end < 0:
        return None
    first, *lines = data[:end].split(b"\r\n", HEADERS_LIMIT + 2)
    start = _start(first)
    fields = list(map(_field, lines))
    values = dict([value for _, value in fields])
    length = values.get("content-length", "0")
    if (
        start is None
        or len(values) != len(lines)
        or len(lines) > HEADERS_LIMIT
        or "host" not in values
        or not UNUSUAL.isdisjoint(values)
        or not LENGTH.fullmatch(length)
        or int(length) > BODY_LIMIT
    ):
        return None
    return Plain(
        method=start[0],
        target=start[1],
        headers=tuple([pair for pair, _ in fields]),
        connection=values.get("connection", ""),
        size=end + len(HEAD_END),
        length=int(length),
    )


# Clients send the same lines again and again, but for an identifier or two.
@lru_cache(maxsize=64)
def _start(line: bytes) -> tuple[str, str] | None:
    found = START.fullmatch(line) if len(line) <= LINE_LIMIT else None
    return found and (found[1].decode(), found[2].decode())


@lru_cache(maxsize=512)
def _field(line: bytes) -> tuple[tuple[str, str], tuple[str, str]]:
    """Name and value as they were sent, and again with the name in lower case."""
    found = FIELD.fullmatch(line) if len(line) <= LINE_LIMIT else None
    if found is None:
        return NOT_PLAIN
    name, value = found[1].decode(), found[2].decode()
    return (name, value), (name.lower(), value)
