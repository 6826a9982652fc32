"""From another's recording to one of ours."""

from __future__ import annotations

import re
from datetime import date
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.forward import passed_on
from harness.gateway.responder import FRAMING_HEADERS, header, tokens
from harness.model.problem import InvalidError, Problem
from harness.model.recording import Exchange, Provenance, Recording, Response, likely_chunks
from harness.record.foreign.entry import Doubt

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model.operation import Operation
    from harness.model.recording import Framing
    from harness.model.scenario import Scenario
    from harness.record.foreign.entry import Entry

LOST = "How bodies were cut into chunks, and when these came, is not known"


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
    """Requests in it that are none of the operation's."""


def import_file(path: Path, form: str, scenario: Scenario, operation: Operation) -> Imported:
    """Read another's recording as one that answers a scenario.

    Args:
        path: The file.
        form: One of `FORMATS`.
        scenario: What its answers are for.
        operation: What the scenario asks for; other requests are left out.

    Raises:
        InvalidError: The file cannot be read, is of another format, or has nothing for it.
    """
    chosen = FORMATS[form]
    try:
        found: list[Entry] = list(import_module(f"{__package__}.{chosen.module}").entries(path))
    except Doubt as error:
        hint = f"is it {chosen.title}? known formats: {', '.join(FORMATS)}"
        raise InvalidError([Problem(file=str(path), message=str(error), hint=hint)]) from error
    mine = [one for one in found if _is_of(one, operation)]
    others = tuple(one.place for one in found if one not in mine)
    if not mine:
        wanted = f"{operation.method} …{operation.path}"
        message = f"expected at least one answer to {wanted}; found none"
        hint = f"it has: {'; '.join(others[:5])}" if others else "it is empty"
        raise InvalidError([Problem(file=str(path), message=message, hint=hint)])
    exchanges = tuple(
        Exchange(method=one.method, path=operation.path, response=_response(one)) for one in mine
    )
    recording = Recording(
        scenario=scenario.name,
        file=f"samples/recordings/{scenario.name}.yaml",
        provenance=Provenance(
            how="imported", on=_date(mine[0]), note=f"From {chosen.title}. {chosen.lost}"
        ),
        exchanges=exchanges,
    )
    return Imported(recording=recording, left_out=others)


def _is_of(entry: Entry, operation: Operation) -> bool:
    # A status below 200 is how some note that there was no answer.
    answers = entry.status >= HTTPStatus.OK
    return answers and entry.method == operation.method and entry.path.endswith(operation.path)


def _response(entry: Entry) -> Response:
    chunked = "chunked" in tokens(header(entry.headers, "transfer-encoding"))
    framing: Framing = "chunked" if chunked else "length"
    headers = passed_on(entry.headers, FRAMING_HEADERS)
    return Response(
        status=entry.status,
        reason=entry.reason or _reason(entry.status),
        headers=headers,
        framing=framing,
        body=entry.body,
        chunks=likely_chunks(headers, entry.body),
        chunks_known=False,
    )


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in {*HTTPStatus} else ""


def _date(entry: Entry) -> str:
    """When an answer came, as the file or the answer itself tells; today if neither does."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", entry.on):
        return entry.on
    try:
        return parsedate_to_datetime(header(entry.headers, "date") or "").date().isoformat()
    except ValueError:
        return date.today().isoformat()  # noqa: DTZ011
