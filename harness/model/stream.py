"""What an event stream says: its text in pieces, its end, its error. Read as it comes."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model import failure, jsonvalue
from harness.model.characters import apart, joined
from harness.model.event_stream import EventReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model.event_stream import Event
    from harness.model.failure import ErrorRule, Failure


class FinishRule(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer says why it ends there, and what that means."""

    response: str
    event: str
    """The event of a stream in which something stands there is the last of its text."""
    withheld: tuple[str, ...] = ()
    """Reasons for which the service keeps an answer, or the rest of it, to itself."""


class AnswerRule(msgspec.Struct, frozen=True, kw_only=True):
    """Where the answer's text stands in a response, and its piece in each event of a stream.

    A stream that comes neither to the event that ends it nor to a reason to finish was cut.
    """

    response: str
    event: str
    done: str = ""
    """The event data that ends a stream; empty if there is no such event."""
    finish: FinishRule | None = None


class StreamReader:
    """What a stream has said so far: all whole events count."""

    def __init__(self, answer: AnswerRule, error: ErrorRule) -> None:
        """Read a stream from its beginning on."""
        self._answer = answer
        self._error = error
        self._reader = EventReader()
        self.pieces: list[str] = []
        self.length = 0
        """Of the pieces together, in UTF-16 halves of characters or in characters: it only grows."""
        self.done = False
        """Whether the event that ends the stream has come."""
        self.finish_reason = ""
        """Why the answer ends, once it has said so."""
        self.failure: Failure | None = None
        """The error by which the stream fails after it has begun."""

    @property
    def text(self) -> str:
        """The answer so far."""
        return joined(self.pieces)

    @property
    def end(self) -> int:
        """Bytes of the stream up to the last empty line."""
        return self._reader.end

    @property
    def ended(self) -> bool:
        """Whether the answer has come to its own end."""
        return self.done or self.finish_reason != ""

    def feed(self, data: bytes) -> None:
        """Read some more bytes."""
        self._take(self._reader.feed(data))

    def close(self) -> None:
        """Read what is whole now that nothing more comes."""
        self._take(self._reader.finish())

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            if not self.done:
                self._read(event)

    def _read(self, event: Event) -> None:
        if self._answer.done and event.data == self._answer.done:
            self.done = True
            return
        value = jsonvalue.parsed(event.data or "")
        if self.failure is None:
            self.failure = failure.told_by(event, value, self._error)
        piece = jsonvalue.at(value, self._answer.event)
        if isinstance(piece, str):
            self.pieces.append(piece)
            self.length += len(piece)
        if self._answer.finish:
            self.finish_reason = reason(value, self._answer.finish.event) or self.finish_reason


def reason(value: Any, path: str) -> str:
    """The reason to finish that stands at a path; empty if there is none."""
    found = jsonvalue.at(value, path)
    return "" if found is None or found is jsonvalue.MISSING else joined((str(found),))


def surely_seen(pieces: Iterable[str]) -> str:
    """As much of a text in pieces as looks the same however its pieces are written.

    A character that is cut in two is seen whole where they are written together, and as two
    replacements where each is written as it comes.
    """
    known = tuple(pieces)
    one, other = joined(known), apart(known)
    if one == other:
        return one
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(character for character, _ in same)
