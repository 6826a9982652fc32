"""A recording: the saved exchanges that answer a scenario, for every client and model alike."""

from __future__ import annotations

import hashlib
import zlib
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.model.coding import KNOWN, MOST, Decoder, TooLongError
from harness.model.event_stream import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

EVENT_STREAM = "text/event-stream"

Framing = Literal["length", "chunked", "close"]
Ending = Literal["complete", "closed", "reset", "timed_out", "too_long"]
"""How an answer ended: as it should, or before that, with the connection closed, reset, left open
though nothing more came, or given up by us, since more came than is taken."""

RecordedEnding = Ending | Literal["cut"]
"""How a recorded answer ended. One that was cut came to the connection's proper end, but its event
stream not to its own."""


class UnreadableError(Exception):
    """A body that cannot be looked into."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a recording comes from."""

    how: Literal["authored", "recorded", "imported"]
    on: str
    """ISO 8601 date."""
    endpoint: str = ""
    """Which endpoint was recorded: its name in the catalogue, or its URL."""
    model: str = ""
    """Which model the endpoint says that it has, or `unknown`; empty if nobody asked."""
    client: str = ""
    """Which client's sample it answered."""
    versions: dict[str, str] = {}
    """What that client is made of: packages and programs, with their versions."""
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
    framing_known: bool = True
    """Whether the body was framed so; else that is only how it is sent."""
    length: int | None = None
    """The bytes that were announced, where the body broke off before."""
    body: bytes
    chunks: tuple[ChunkMark, ...]
    chunks_known: bool = True
    """Whether the body came in these chunks; else they are only how it is sent."""
    trailers: tuple[tuple[str, str], ...] = ()
    ending: RecordedEnding = "complete"

    @cached_property
    def parts(self) -> tuple[bytes, ...]:
        """The body, cut at its chunk borders."""
        ends = list(accumulate(mark.size for mark in self.chunks))
        return tuple(
            self.body[end - mark.size : end] for end, mark in zip(ends, self.chunks, strict=True)
        )

    @property
    def coding(self) -> str:
        """How the body is coded; empty if it is not."""
        name = field(self.headers, "content-encoding").strip().lower()
        return "" if name == "identity" else name

    def opened(self) -> tuple[bytes, ...]:
        """What each chunk adds to what a reader has.

        Raises:
            UnreadableError: The body is coded in a way that is not known here, or not as it says.
        """
        if not self.coding or not self.body:
            return self.parts
        if self.coding not in KNOWN:
            raise UnreadableError(f"its coding, {self.coding}, is not known here")
        decoder = Decoder()
        try:
            return tuple([decoder.decode(part) for part in self.parts])
        except TooLongError as error:
            raise UnreadableError(f"{error}: over {MOST:,} bytes of {self.coding}") from error
        except zlib.error as error:
            raise UnreadableError(f"it is not {self.coding}: {error}") from error

    @cached_property
    def plain(self) -> Response:
        """The response as a reader has it: its body not coded, as far as that can be undone."""
        if not self.coding:
            return self
        try:
            pieces = self.opened()
        except UnreadableError:
            return self
        marks = zip(self.chunks, pieces, strict=True)
        return msgspec.structs.replace(
            self,
            headers=tuple(pair for pair in self.headers if pair[0].lower() != "content-encoding"),
            body=b"".join(pieces),
            length=None,
            chunks=tuple(ChunkMark(size=len(one), after_ms=mark.after_ms) for mark, one in marks),
        )

    @cached_property
    def sha256(self) -> str:
        """Checksum of the body."""
        return checksum(self.body)

    @property
    def media_type(self) -> str:
        """The content type, without its parameters."""
        return media_type(self.headers)

    @property
    def is_stream(self) -> bool:
        """Whether the body is an event stream."""
        return self.media_type == EVENT_STREAM


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


def media_type(headers: Iterable[tuple[str, str]]) -> str:
    """The content type that headers name, without its parameters."""
    return field(headers, "content-type").partition(";")[0].strip().lower()


def field(headers: Iterable[tuple[str, str]], wanted: str) -> str:
    """The first value of a header; empty if there is none."""
    return next((value for name, value in headers if name.lower() == wanted), "")


def likely_framing(headers: Iterable[tuple[str, str]]) -> Framing:
    """How to frame a body of which nobody knows how it was: so that it keeps no client waiting.

    An event stream is chunked, for some clients read a body of known length in large blocks.
    """
    return "chunked" if media_type(headers) == EVENT_STREAM else "length"


def likely_chunks(headers: Iterable[tuple[str, str]], body: bytes) -> tuple[ChunkMark, ...]:
    """How to send a body of which nobody knows how it came: an event stream one event at a time."""
    pieces = blocks(body) if media_type(headers) == EVENT_STREAM else [body] if body else []
    return tuple(ChunkMark(size=len(piece), after_ms=0.0) for piece in pieces)


def checksum(body: bytes) -> str:
    """SHA-256 of the exact bytes, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()
