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

MOST = 64 * 1024**2
"""Bytes that coded data may hold: far above any answer, and far below what memory holds. Gzip makes a
thousand times as many of its own, at most."""


class TooLongError(zlib.error):
    """Coded data holds more than is taken."""


class Decoder:
    """Undoes gzip or deflate, piece by piece."""

    def __init__(self, most: int = MOST) -> None:
        """Decode from the beginning.

        Args:
            most: Bytes that there may be in all.
        """
        self._inner: zlib._Decompress | None = None
        self._left = most

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
            TooLongError: There are more than there may be.
            zlib.error: It is not coded as it says.
        """
        return b"".join(self.pieces(data))

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """The same in small pieces: a little coded data may be a great deal.

        Raises:
            TooLongError: There are more than there may be.
            zlib.error: It is not coded as it says.
        """
        if not data:
            return
        if self._inner is None:
            # Some servers send `deflate` bare, without zlib's wrapping (RFC 9110, section 8.4.1.2).
            wrapped = data[0] & 0x0F == ZLIB_METHOD or data[0] == 0x1F  # noqa: PLR2004
            self._inner = zlib.decompressobj(AUTOMATIC if wrapped else -zlib.MAX_WBITS)
        while piece := self._inner.decompress(data, PIECE):
            self._left -= len(piece)
            if self._left < 0:
                raise TooLongError("it holds more than is taken")
            yield piece
            data = self._inner.unconsumed_tail
