"""Gives a response other contents, compressed anew if it was, with the same borders."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from harness.model.recording import ChunkMark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.recording import Response

ZLIB, GZIP = zlib.MAX_WBITS, zlib.MAX_WBITS | 16


def closed(response: Response, pieces: Sequence[bytes]) -> Response:
    """A response with other contents, of which each chunk adds as told.

    Args:
        response: The one whose contents change.
        pieces: What each of its chunks adds now, as long as before.
    """
    if not response.coding:
        return msgspec.structs.replace(response, body=b"".join(pieces))
    packer = zlib.compressobj(wbits=GZIP if "gzip" in response.coding else ZLIB)
    whole = response.ending in {"complete", "cut"}
    marks: list[ChunkMark] = []
    body = b""
    waited_ms = 0.0
    for number, (piece, mark) in enumerate(zip(pieces, response.chunks, strict=True), start=1):
        last = whole and number == len(pieces)
        packed = packer.compress(piece) + packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
        waited_ms += mark.after_ms
        if packed:  # nothing may be left to say, where the old coding had its own marks
            body += packed
            marks.append(ChunkMark(size=len(packed), after_ms=waited_ms))
            waited_ms = 0.0
    missing = None if response.length is None else response.length - len(response.body) + len(body)
    return msgspec.structs.replace(response, body=body, chunks=tuple(marks), length=missing)
