"""Undoes a recorded content coding that a client did not ask for (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.responder import header, tokens

if TYPE_CHECKING:
    from harness.gateway.responder import Head, Request

KNOWN = {"gzip", "x-gzip", "deflate"}
AUTOMATIC = zlib.MAX_WBITS | 32
"""Tells zlib to find out by itself whether data is gzip or zlib."""

ZLIB_METHOD = 8


class Decoder:
    """Undoes gzip or deflate, piece by piece."""

    def __init__(self) -> None:
        self._inner: zlib._Decompress | None = None

    def decode(self, data: bytes) -> bytes:
        """What a piece of coded data adds.

        Raises:
            zlib.error: It is not coded as it says.
        """
        if not data:
            return b""
        if self._inner is None:
            # Some servers send `deflate` bare, without zlib's wrapping (RFC 9110, section 8.4.1.2).
            wrapped = data[0] & 0x0F == ZLIB_METHOD or data[0] == 0x1F  # noqa: PLR2004
            self._inner = zlib.decompressobj(AUTOMATIC if wrapped else -zlib.MAX_WBITS)
        return self._inner.decompress(data)


def decoder_for(head: Head, request: Request) -> Decoder | None:
    """What undoes an answer's coding, if it has one that the client cannot read."""
    if head.coding not in KNOWN or accepts(request, head.coding):
        return None
    return Decoder()


def uncoded(head: Head) -> Head:
    """A head for the body once its coding is undone."""
    headers = tuple(pair for pair in head.headers if pair[0].lower() != "content-encoding")
    return msgspec.structs.replace(head, headers=headers)


def accepts(request: Request, coding: str) -> bool:
    """Whether a client asked for a coding. One that says nothing is taken to want none."""
    weights = {}
    for token in tokens(header(request.headers, "accept-encoding")):
        name, _, parameter = token.partition(";")
        weights[name.strip()] = _weight(parameter)
    names = {"gzip", "x-gzip"} if "gzip" in coding else {coding}
    asked = [weights[name] for name in names if name in weights]
    return max(asked, default=weights.get("*", 0.0)) > 0


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 1.0
