"""From another's recording to one of ours."""

from __future__ import annotations

import re
from datetime import date
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

import msgspec

from harness.gateway.forward import passed_on
from harness.gateway.responder import FRAMING_HEADERS, header, tokens
from harness.model.problem import InvalidError, Problem
from harness.model.recording import (
    EVENT_STREAM,
    Exchange,
    Provenance,
    Recording,
    Response,
    likely_chunks,
    likely_framing,
    media_type,
)
from harness.model.reply import ERROR
from harness.record.foreign.body import body_of
from harness.record.foreign.choosing import chosen, compared, is_of
from harness.record.foreign.entry import DoubtError, printable
from harness.record.foreign.headers import reason_of, sendable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from harness.model.operation import Operation
    from harness.model.recording import Framing
    from harness.model.scenario import Scenario
    from harness.record.foreign.entry import Entry, Listed

LOST = "How bodies were cut into chunks, and when these came, is not known"
STATUSES = range(200, 600)
"""Those of answers that are not for the way (RFC 9110, section 15)."""


class Reader(Protocol):
    """What reads a format: one module each."""

    def listed(self, path: Path) -> Iterator[Listed]:
        """The requests in a file, in order."""
        ...

    def answer(self, one: Listed) -> Entry:
        """What one of them was answered."""
        ...


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How others record, and what they lose."""

    title: str
    module: str
    lost: str = f"{LOST}."


FORMATS = {
    "har": Format(title="an HTTP Archive", module="har"),
    "vcrpy": Format(title="a vcrpy cassette", module="vcrpy"),
    "azure-test-proxy": Format(
        title="a recording of Azure's test proxy",
        module="azure_test_proxy",
        lost=f"{LOST}; JSON is spelled anew.",
    ),
}


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file."""

    recording: Recording
    left_out: tuple[str, ...]
    """Requests in it that are none of the operation's, or were not chosen."""
    notes: tuple[str, ...] = ()
    """What sets its requests apart from the scenario's."""


def import_file(
    path: Path,
    form: str,
    scenario: Scenario,
    operation: Operation,
    numbers: Sequence[int] = (),
    *,
    operations: Iterable[Operation] = (),
    keep_failed: bool = False,
) -> Imported:
    """Read another's recording as one that answers a scenario.

    Args:
        path: The file.
        form: One of `FORMATS`.
        scenario: What its answers are for.
        operation: What the scenario asks for; other requests are left out, and not looked into.
        numbers: Which of the operation's answers are meant, counted from 1; none if there is one.
        operations: All of the project, which may have one that another request is for.
        keep_failed: Whether an answer that fails after it has begun is taken, and marked as one.

    Raises:
        InvalidError: The file cannot be read, is of another format, lacks a part of what was
            answered, or has nothing for the scenario.
    """
    kind = FORMATS[form]
    module: Reader = import_module(f"{__package__}.{kind.module}")
    name = printable(str(path))
    try:
        every = list(module.listed(path))
    except DoubtError as error:
        hint = f"is it {kind.title}? known formats: {', '.join(FORMATS)}"
        raise InvalidError([Problem(file=name, message=str(error), hint=hint)]) from error
    mine = [one for one in every if is_of(one, operation, operations)]
    if not mine:
        message = (
            f"expected at least one answer to {operation.method} …{operation.path}; found none"
        )
        hint = f"it has: {'; '.join(str(one) for one in every[:5])}" if every else "it is empty"
        raise InvalidError([Problem(file=name, message=message, hint=hint)])
    doubts: list[DoubtError] = []
    answers: list[tuple[Entry, Response]] = []
    notes: list[str] = []
    meant: list[Listed] = []
    try:
        meant = chosen(mine, numbers, scenario)
    except DoubtError as error:
        doubts.append(error)
    for one in meant:
        try:
            entry = module.answer(one)
            notes += compared(entry, scenario, operation)
            response = _response(entry, operation)
            answers.append((entry, _whole(response, entry, operation, keep_failed=keep_failed)))
        except DoubtError as error:
            doubts.append(error)
    if doubts:
        raise InvalidError(Problem(file=name, message=str(one), hint=one.hint) for one in doubts)
    return Imported(
        recording=Recording(
            scenario=scenario.name,
            file=f"samples/recordings/{scenario.name}.yaml",
            provenance=Provenance(
                how="imported", on=_date(answers[0][0]), note=f"From {kind.title}. {kind.lost}"
            ),
            exchanges=tuple(
                Exchange(method=operation.method, path=operation.path, response=response)
                for _, response in answers
            ),
        ),
        left_out=tuple(str(one) for one in every if one not in meant),
        notes=tuple(notes),
    )


def _response(entry: Entry, operation: Operation) -> Response:
    if entry.status not in STATUSES:
        message = f"{entry.field}: expected a status from 200 to 599; received {entry.status!s:.20}"
        raise DoubtError(message)
    fields = tuple(sendable(entry.headers, f"{entry.field}.headers"))
    agreed, body = body_of(entry, fields, operation)
    headers = passed_on(agreed, FRAMING_HEADERS)
    framing = _framing(fields)
    return Response(
        status=entry.status,
        reason=reason_of(entry.reason) or _reason(entry.status),
        headers=headers,
        framing=framing or likely_framing(headers),
        framing_known=framing is not None,
        body=body,
        chunks=likely_chunks(headers, body),
        chunks_known=False,
    )


def _whole(
    response: Response, entry: Entry, operation: Operation, *, keep_failed: bool
) -> Response:
    """An answer that is one, or an error by its status; any other only if it is to be kept."""
    reply = operation.reply(response)
    failed = reply.kind in {"cut", "broken"} or (reply.kind == "error" and response.status < ERROR)
    if failed and not keep_failed:
        raise DoubtError(
            f"{entry.field}: {reply.trouble}",
            "record it anew; or, to see what samples make of it, take it with --keep-failed",
        )
    return msgspec.structs.replace(response, ending="cut") if reply.kind == "cut" else response


def _framing(fields: tuple[tuple[str, str], ...]) -> Framing | None:
    """How a body was framed, as its headers tell; `None` if they do not.

    Whoever sends a stream does not know its length: what tells one has been put there since.
    """
    if "chunked" in tokens(header(fields, "transfer-encoding")):
        return "chunked"
    told = header(fields, "content-length") is not None and media_type(fields) != EVENT_STREAM
    return "length" if told else None


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in {*HTTPStatus} else ""


def _date(entry: Entry) -> str:
    """When an answer came, as the file or the answer itself tells; today if neither does."""
    if match := re.match(r"\d{4}-\d{2}-\d{2}", entry.on, re.ASCII):
        try:
            return date.fromisoformat(match[0]).isoformat()
        except ValueError:
            pass  # there is no such day
    try:
        return parsedate_to_datetime(header(entry.headers, "date") or "").date().isoformat()
    except (ValueError, OverflowError, TypeError, IndexError):
        return date.today().isoformat()  # noqa: DTZ011
