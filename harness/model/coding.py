"""Undoes the content codings that the standard library knows (RFC 9110, section 8.4.1)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN = {"gzip", "x-gzip", "deflate"}
PIECE = 64 * 1024
"""Bytes that `Decoder.pieces` gives at once, at most."""

AUTOMATIC = zlib.MAX_WBITS | 32
"""Tells zlib to find out by itself whether data is gzip or zlib."""

ZLIB_METHOD = 8


class Decoder:
    """Undoes gzip or deflate, piece by piece."""

    def __init__(self) -> None:
        self._inner: zlib._Decompress | None = None

    @property
    def has_begun(self) -> bool:
        """Whether any coded data has come."""
        return self._inner is not None

    @property
    def is_done(self) -> bool:
        """Whether all of the coded data has come."""
        return self._inner is not None and self._inner.eof

    def decode(self, data: bytes) -> bytes:
        """What a piece of coded data adds.

        Raises:
            zlib.error: It is not coded as it says.
        """
        return b"".join(self.pieces(data))

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """The same in small pieces: a little coded data may be a great deal.

        Raises:
            zlib.error: It is not coded as it says.
        """
        if not data:
            return
        if self._inner is None:
            # Some servers send `deflate` bare, without zlib's wrapping (RFC 9110, section 8.4.1.2).
            wrapped = data[0] & 0x0F == ZLIB_METHOD or data[0] == 0x1F  # noqa: PLR2004
            self._inner = zlib.decompressobj(AUTOMATIC if wrapped else -zlib.MAX_WBITS)
        while piece := self._inner.decompress(data, PIECE):
            yield piece
            data = self._inner.unconsumed_tail
