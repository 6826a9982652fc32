"""Looks into a body that is compressed, and compresses it anew with the same borders."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.coding import KNOWN, Decoder
from harness.gateway.responder import header
from harness.model.recording import ChunkMark

if TYPE_CHECKING:
    from harness.model.recording import Response

ZLIB, GZIP = zlib.MAX_WBITS, zlib.MAX_WBITS | 16


class UnreadableError(Exception):
    """A body that cannot be looked into."""


def coding(response: Response) -> str:
    """How a body is coded; empty if it is not."""
    name = (header(response.headers, "content-encoding") or "").strip().lower()
    return "" if name == "identity" else name


def opened(response: Response) -> list[bytes]:
    """What each chunk of a body adds to what a reader has.

    Raises:
        UnreadableError: It is coded in a way that is not known here, or not as it says.
    """
    name = coding(response)
    if not name or not response.body:
        return list(response.parts)
    if name not in KNOWN:
        raise UnreadableError(f"its coding, {name}, is not known here")
    decoder = Decoder()
    try:
        return [decoder.decode(part) for part in response.parts]
    except zlib.error as error:
        raise UnreadableError(f"it is not {name}: {error}") from error


def closed(response: Response, pieces: list[bytes]) -> Response:
    """A response with other contents, of which each chunk adds as told.

    Args:
        response: The one whose contents change.
        pieces: What each of its chunks adds now, as long as before.
    """
    if not coding(response):
        return msgspec.structs.replace(response, body=b"".join(pieces))
    packer = zlib.compressobj(wbits=GZIP if "gzip" in coding(response) else ZLIB)
    whole = response.ending == "complete"
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
