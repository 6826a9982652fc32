"""An operation: one kind of API call, and how a reader's answer follows from what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from harness.model import header_rules, jsonvalue, linear
from harness.model.characters import joined
from harness.model.failure import ErrorRule, Failure, told_in, told_with_error_status
from harness.model.reply import Reply, read_stream, reply
from harness.model.stream import AnswerRule, StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.model.header_rules import HeaderFault
    from harness.model.recording import Response


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A header that may carry the token."""

    header: str
    form: str
    """The header's value, with `{token}` in the token's place."""
    required: bool = False


class QueryFault(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a query that an operation does not allow."""

    message: str
    expected: str
    received: str
    """Name and value."""


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

    def is_asked(self, method: str, path: str, operations: Iterable[Operation]) -> bool:
        """Whether a request is for this operation, whatever base path stands before its own.

        `/v1/chat/completions` ends as `/completions` does, too: of all whose path it ends with, the
        one with the longest is meant.

        Args:
            method: The request's.
            path: The same.
            operations: All that a project has.
        """
        longer = (one.path for one in operations if len(one.path) > len(self.path))
        if method != self.method or not path.endswith(self.path):
            return False
        return not any(path.endswith(one) for one in longer)

    def query_faults(self, query: Iterable[tuple[str, str]]) -> Iterator[QueryFault]:
        """What is wrong with a query: names it does not know, values it does not allow, names twice.

        Args:
            query: Names and values, decoded, in order.
        """
        given: set[str] = set()
        for name, value in query:
            twice = name in given
            given.add(name)
            if name not in self.query:
                message = f"the query parameter {name} is not known to the operation"
            elif not linear.compiled(self.query[name]).fullmatch(value):
                message = (
                    f"the query parameter {name} has a value that the operation does not allow"
                )
            elif twice:
                message = f"the query parameter {name} is given twice"
            else:
                continue
            expected = self.query.get(name, f"one of: {', '.join(self.query) or 'none'}")
            yield QueryFault(message=message, expected=expected, received=f"{name}={value}")

    def header_faults(self, headers: Sequence[tuple[str, str]]) -> Iterator[HeaderFault]:
        """What is wrong with a request's headers; those for credentials are left out."""
        credentials = frozenset(one.header.lower() for one in self.credentials)
        return header_rules.faults(self.headers, headers, credentials)

    def reply(self, response: Response) -> Reply:
        """What a response says to its reader."""
        return reply(response, self.answer, self.error)

    def stream(self) -> StreamReader:
        """Reads what a stream says, as it comes."""
        return StreamReader(self.answer, self.error)

    def text_of_response(self, body: bytes) -> str | None:
        """The answer in a whole response body, or `None` if there is none in it."""
        text = jsonvalue.at(jsonvalue.parsed(body), self.answer.response)
        return joined((text,)) if isinstance(text, str) else None

    def text_of_stream(self, body: bytes) -> str:
        """The answer in a whole event stream."""
        return read_stream(self.answer, self.error, body).text

    def has_ended(self, body: bytes) -> bool:
        """Whether an event stream has come to its own end."""
        return read_stream(self.answer, self.error, body).ended

    def failure_of_stream(self, body: bytes) -> Failure | None:
        """The failure by which a whole event stream ends; `None` if it ends well."""
        return read_stream(self.answer, self.error, body).failure

    def error_of(self, body: bytes | str) -> Failure | None:
        """The failure that a body tells; `None` if it tells none."""
        return told_in(_decoded(body), self.error)

    def error_with_status(self, body: bytes | str) -> Failure:
        """The failure that the body of an answer of 4xx or 5xx tells, in whatever shape."""
        return told_with_error_status(_decoded(body), self.error)


def _decoded(body: bytes | str) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body
