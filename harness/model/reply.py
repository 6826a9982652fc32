"""A reply: what a response says to its reader, be it an answer, an error, or a part of either."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.model import jsonvalue
from harness.model.characters import apart, joined
from harness.model.failure import Failure, told_in, told_with_error_status
from harness.model.stream import StreamReader, reason

if TYPE_CHECKING:
    from harness.model.failure import ErrorRule
    from harness.model.recording import Response
    from harness.model.stream import AnswerRule

ERROR = 400
"""Statuses from here on are errors (RFC 9110, section 15.5)."""

ENDINGS = {
    "closed": "the connection was closed",
    "reset": "the connection was reset",
    "timed_out": "no more came in time",
    "too_long": "it is longer than what is taken of an answer",
}

Kind = Literal["answer", "withheld", "cut", "broken", "error"]
"""An answer; one that the service keeps to itself, or a part of it; one without its end; one whose
connection ended before; or an error, by its status or in its body."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a response says to its reader."""

    kind: Kind
    text: str = ""
    """The answer's, as far as it came; empty if there is none."""
    pieces: tuple[str, ...] = ()
    """Those in which it came, if it is a stream."""
    failure: Failure | None = None
    """The error that was told, if one was."""
    finish_reason: str = ""
    """Why the answer ends there; empty if it does not say."""
    ended: bool
    """Whether the answer came to its own end, whatever became of the connection."""
    interrupted: bool
    """Whether the connection ended so that every client can tell that something is missing."""
    trouble: str
    """What keeps it from being a whole answer; empty if it is one."""

    @property
    def spellings(self) -> frozenset[str]:
        """How its text may look: pieces that are written one by one hold no character together."""
        return frozenset({self.text, apart(self.pieces)} if self.pieces else {self.text})


def reply(response: Response, answer: AnswerRule, error: ErrorRule) -> Reply:
    """What a response says, by the rules of its operation."""
    plain = response.plain
    if plain.is_stream and plain.status < ERROR:
        said = read_stream(answer, error, plain.body)
        failure, finish = said.failure, said.finish_reason
        text, pieces, ended = said.text, tuple(said.pieces), said.ended
        told = "the stream ends with an error"
    else:
        value = jsonvalue.parsed(plain.body)
        found = jsonvalue.at(value, answer.response)
        text, pieces, ended = joined((found,)) if isinstance(found, str) else "", (), True
        finish = reason(value, answer.finish.response) if answer.finish else ""
        body = plain.body.decode("utf-8", "replace")
        told, tells = "the body tells an error", told_in
        if plain.status >= ERROR:
            tells = told_with_error_status
            told = f"the service answered {plain.status} {plain.reason}".rstrip()
        failure = tells(body, error)
    # Where all that was announced has come, no more could have.
    broken = plain.ending in ENDINGS and (plain.framing != "length" or response.length is not None)
    kind, trouble = _kind(plain, answer, failure, finish, broken=broken, ended=ended)
    return Reply(
        kind=kind,
        text=text,
        pieces=pieces,
        failure=failure,
        finish_reason=finish,
        ended=ended and not (broken and not plain.is_stream),
        interrupted=broken and (plain.framing != "close" or plain.ending == "reset"),
        trouble=f"{told}: {failure}".removesuffix(": ") if kind == "error" else trouble,
    )


def _kind(
    response: Response,
    answer: AnswerRule,
    failure: Failure | None,
    finish: str,
    *,
    broken: bool,
    ended: bool,
) -> tuple[Kind, str]:
    size = len(response.body)
    if failure is not None:
        return "error", ""
    if broken:
        return "broken", f"the answer broke off after {size} bytes: {ENDINGS[response.ending]}"
    if answer.finish and finish in answer.finish.withheld:
        return "withheld", f"the service withheld the answer: {finish}"
    if not ended or response.ending == "cut":
        due = [repr(answer.done)] if answer.done else []
        due += [f"a reason at {answer.finish.event}"] if answer.finish else []
        missing = " or ".join(due) or "its end"
        return "cut", f"the stream stops after {size} bytes, without {missing}"
    return "answer", ""


@lru_cache(maxsize=64)  # every client, and every check, asks about the same few recordings
def read_stream(answer: AnswerRule, error: ErrorRule, body: bytes) -> StreamReader:
    """What a whole stream says."""
    reader = StreamReader(answer, error)
    reader.feed(body)
    reader.close()
    return reader
