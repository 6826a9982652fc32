"""A recording: the saved exchanges that answer a scenario, for every client and model alike."""

from __future__ import annotations

import hashlib
from functools import cached_property
from itertools import accumulate
from typing import Literal

import msgspec

Framing = Literal["length", "chunked", "close"]
Ending = Literal["complete", "closed", "reset", "timed_out"]
"""How an answer ended: as it should, or before that, with the connection closed, reset, or left open
though nothing more came."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a recording comes from."""

    how: Literal["authored", "recorded"]
    on: str
    """ISO 8601 date."""
    note: str = ""


class ChunkMark(msgspec.Struct, frozen=True, kw_only=True):
    """One chunk of a body, as it came."""

    size: int
    """Bytes."""
    after_ms: float
    """Milliseconds since the chunk before it, or since the head."""


class Response(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What came back: a head, a body in chunks, an ending."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    framing: Framing
    body: bytes
    chunks: tuple[ChunkMark, ...]
    ending: Ending = "complete"

    @cached_property
    def parts(self) -> tuple[bytes, ...]:
        """The body, cut at its chunk borders."""
        ends = list(accumulate(mark.size for mark in self.chunks))
        return tuple(
            self.body[end - mark.size : end] for end, mark in zip(ends, self.chunks, strict=True)
        )

    @cached_property
    def sha256(self) -> str:
        """Checksum of the body."""
        return checksum(self.body)

    @property
    def media_type(self) -> str:
        """The content type, without its parameters."""
        for name, value in self.headers:
            if name.lower() == "content-type":
                return value.partition(";")[0].strip().lower()
        return ""

    @property
    def is_stream(self) -> bool:
        """Whether the body is an event stream."""
        return self.media_type == "text/event-stream"


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request's place, and what answered it."""

    method: str
    path: str
    response: Response


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """The exchanges that answer a scenario, in order."""

    scenario: str
    file: str
    provenance: Provenance
    exchanges: tuple[Exchange, ...]


def checksum(body: bytes) -> str:
    """SHA-256 of the exact bytes, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()
