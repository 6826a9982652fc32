"""An operation: one kind of API call, and how a reader's answer follows from what comes back."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model import header_rules, jsonvalue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.model.header_rules import HeaderFault


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A header that may carry the token."""

    header: str
    form: str
    """The header's value, with `{token}` in the token's place."""
    required: bool = False


class AnswerRule(msgspec.Struct, frozen=True, kw_only=True):
    """Where the answer's text stands in a response, and its piece in each event of a stream."""

    response: str
    event: str
    done: str
    """The event data that ends a stream."""


class ErrorRule(msgspec.Struct, frozen=True, kw_only=True):
    """Where an error body has its code and its message."""

    code: str
    message: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of API call."""

    name: str
    title: str
    method: str
    path: str
    query: dict[str, str] = {}
    """Names a client may send in the query, each with a pattern for its whole value."""
    headers: dict[str, str] = {}
    """Headers that every request must carry: of `Content-Type` the media type, of any other a pattern
    for its whole value."""
    credentials: tuple[Credential, ...]
    roles: tuple[str, ...]
    parameters: dict[str, dict[str, Any]]
    """What a scenario may set, each with the JSON Schema of its value."""
    answer: AnswerRule
    error: ErrorRule

    def header_faults(self, headers: Sequence[tuple[str, str]]) -> Iterator[HeaderFault]:
        """What is wrong with a request's headers; those for credentials are left out."""
        credentials = frozenset(one.header.lower() for one in self.credentials)
        return header_rules.faults(self.headers, headers, credentials)

    def text_of_response(self, body: bytes) -> str | None:
        """The answer in a whole response body, or `None` if there is none in it."""
        try:
            text = jsonvalue.at(jsonvalue.parse(body), self.answer.response)
        except ValueError:
            return None
        return text if isinstance(text, str) else None

    def text_of_stream(self, body: bytes) -> str:
        """The answer in as much of an event stream as has come: all whole events count."""
        return _text_of_stream(self.answer, body)

    def is_done(self, body: bytes) -> bool:
        """Whether an event stream has come to the event that ends it."""
        return any(data == self.answer.done for data in event_data(body))

    def error_of(self, body: bytes | str) -> tuple[str, str] | None:
        """The code and message in an error body, or `None` if it has not got both."""
        try:
            value = jsonvalue.parse(body)
        except ValueError:
            return None
        code, message = (
            jsonvalue.at(value, self.error.code),
            jsonvalue.at(value, self.error.message),
        )
        if isinstance(code, str) and isinstance(message, str):
            return code, message
        return None

    def error_in_stream(self, body: bytes) -> tuple[str, str] | None:
        """The code and message of the event by which a stream fails after it has begun, if it does."""
        if b'"error"' not in body:  # as in nearly every stream
            return None
        return next(filter(None, map(self.error_of, event_data(body))), None)


@lru_cache(maxsize=64)  # every client, and every check, asks about the same few recordings
def _text_of_stream(rule: AnswerRule, body: bytes) -> str:
    pieces = []
    for data in event_data(body):
        if data == rule.done:
            break
        try:
            piece = jsonvalue.at(jsonvalue.parse(data), rule.event)
        except ValueError:
            continue
        if isinstance(piece, str):
            pieces.append(piece)
    return "".join(pieces)


def event_data(body: bytes) -> Iterable[str]:
    """The data of every whole event of a stream.

    Source: WHATWG HTML, "Interpreting an event stream".
    """
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    data: list[str] = []
    for line in lines[:-1]:
        if not line:
            if data:
                yield "\n".join(data)
            data = []
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
