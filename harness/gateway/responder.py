"""What answers inside the gateway. One shape for all: a head, timed chunks, an ending.

A responder is given a whole request and yields the parts of its answer. Some answer by themselves
(`Replay`); others wrap one and change what it yields or when (`Held`, `Paced`). How the parts become
bytes on the wire is not their business.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import msgspec

from harness.model.observation import SeenRequest
from harness.model.recording import Ending, Framing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

Request: TypeAlias = SeenRequest
"""A request as it came; its `miss` is filled in when the answer's head is known."""

FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding"})
"""Headers that follow from a head's `framing`, and so never stand among its headers."""


Cause: TypeAlias = Literal[
    "name",
    "connect",
    "tls",
    "timed_out",
    "closed",
    "reset",
    "not_http",
    "moved",
    "limits",
    "unsearched",
    "too_long",
]
"""What kept an endpoint from answering; `moved` if it only says where else to ask, `limits` if it was
not asked, for it allows no more, `unsearched` if nobody can say whether the key is in its answer,
`too_long` if it announced more than is taken."""


class NoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Why an endpoint that was asked gave no answer at all."""

    cause: Cause
    message: str


class Head(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The beginning of an answer."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    """As they are sent, without those of `FRAMING_HEADERS`. `Connection: close` is honoured."""
    framing: Framing
    length: int | None = None
    """The body's bytes, for the framing `length`."""
    miss: str | None = None
    """Why no recorded exchange answers the request; never sent."""
    no_answer: NoAnswer | None = None
    """Why this is our own error and not an endpoint's answer; never sent."""

    @cached_property
    def coding(self) -> str:
        """How the body is coded, in lower case; empty if it is not."""
        return (header(self.headers, "content-encoding") or "").strip().lower()

    @cached_property
    def closes(self) -> bool:
        """Whether it says that the connection ends with the answer."""
        return "close" in tokens(header(self.headers, "connection"))

    @cached_property
    def lines(self) -> str:
        """The status line and the headers, as they are sent."""
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, ""])


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of an answer's body: one write, and one HTTP chunk if the body is chunked."""

    data: bytes
    after_ms: float = 0
    """Milliseconds since the chunk before it, or since the head."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer ends."""

    ending: Ending = "complete"
    trailers: tuple[tuple[str, str], ...] = ()
    """Fields after the body; only a chunked body that is complete can have any."""
    no_answer: NoAnswer | None = None
    """Why we kept the rest of an answer back; never sent."""


Part: TypeAlias = Head | Chunk | End


class Responder(Protocol):
    """Something that answers requests."""

    def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of an answer: one head, any number of chunks, one end."""
        ...


def error_parts(
    status: int, reason: str, code: str, message: str, *, miss: str | None = None
) -> tuple[Head, Chunk, End]:
    """An error in the service's shape, as a whole answer."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    headers = (("Content-Type", "application/json"),)
    head = Head(
        status=status,
        reason=reason,
        headers=headers,
        framing="length",
        length=len(body),
        miss=miss,
    )
    return head, Chunk(data=body), End()


def header(headers: Iterable[tuple[str, str]], wanted: str) -> str | None:
    """All values of a header, joined by commas (RFC 9110, section 5.3), or `None`."""
    values = [value for name, value in headers if name.lower() == wanted]
    return ", ".join(values) if values else None


def tokens(value: str | None) -> list[str]:
    """The members of a comma-separated header value, in lower case."""
    return [token.strip().lower() for token in (value or "").split(",") if token.strip()]
