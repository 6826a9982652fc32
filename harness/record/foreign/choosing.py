"""Which of the answers in a file are meant, and whether they were asked for as a scenario asks."""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.model import jsonvalue
from harness.model.recording import EVENT_STREAM, media_type
from harness.record.foreign.entry import DoubtError, printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.model.operation import Operation
    from harness.model.scenario import Scenario
    from harness.record.foreign.entry import Entry, Listed

SHOWN = 5
"""Answers, or differences, that a message lists; who has more knows what to look for."""

OTHER = "import it for another scenario, or choose another answer with --entry"


def is_of(one: Listed, operation: Operation, operations: Iterable[Operation]) -> bool:
    """Whether a request is one of an operation, and of no other of a project, and was answered."""
    # A status below 200 is how some note that there was no answer.
    answers = not isinstance(one.status, int) or one.status >= HTTPStatus.OK
    return answers and operation.is_asked(one.method, one.path, operations)


def chosen(mine: Sequence[Listed], numbers: Sequence[int], scenario: Scenario) -> list[Listed]:
    """Those of the answers that are meant, in the order of their numbers.

    Raises:
        DoubtError: Nobody can say which, or there is none of that number.
    """
    if not numbers and len(mine) == 1:
        return list(mine)
    known = [
        f"{number}: {one.field}, {shown(one.status)}" for number, one in enumerate(mine, start=1)
    ]
    listed = "\n  ".join([*known[:20], *(["…"] if len(known) > 20 else [])])  # noqa: PLR2004
    if not numbers:
        message = f"{scenario.name} sends one request, and the file has {len(mine)} answers to it"
        hint = "choose with --entry NUMBER; for several requests, once for each"
        raise DoubtError(message, f"{hint}:\n  {listed}")
    for number in numbers:
        if not 1 <= number <= len(mine):
            raise DoubtError(f"there is no answer number {number}", f"there are:\n  {listed}")
    return [mine[number - 1] for number in numbers]


def compared(entry: Entry, scenario: Scenario, operation: Operation) -> Iterator[str]:
    """What sets the request in a file apart from the scenario's, and yet does no harm.

    Raises:
        DoubtError: It asks for a stream and the scenario does not, or the other way round; or it
            was answered so.
    """
    received = _json(entry.asked)
    if not isinstance(received, dict):
        _has_its_form(entry, scenario, operation)
        yield f"{entry.field}: the file has no request body, so it cannot be compared"
        return
    if (received.get("stream") is True) != scenario.stream:
        ours, theirs = ("a", "none") if scenario.stream else ("no", "one")
        raise DoubtError(
            f"{entry.field}: {scenario.name} asks for {ours} stream; the request in the file asks "
            f"for {theirs}",
            OTHER,
        )
    _has_its_form(entry, scenario, operation)
    model = received.get("model")
    wanted = scenario.body(model if isinstance(model, str) else "")
    if not isinstance(model, str):
        del wanted["model"]
    received.setdefault("stream", wanted.get("stream"))
    wanted.setdefault("stream", received["stream"])
    found = list(islice(jsonvalue.differences(wanted, received), SHOWN + 1))
    if found:
        yield f"{entry.field}: what was asked is not what {scenario.name} asks"
    for one in found[:SHOWN]:
        expected, actual = (jsonvalue.show(side, 60) for side in (one.expected, one.received))
        yield printable(f"  {one.path}: expected {expected}; received {actual}")
    if len(found) > SHOWN:
        yield "  and more"


def _has_its_form(entry: Entry, scenario: Scenario, operation: Operation) -> None:
    """See that a good answer is a stream where one is asked for, and only there."""
    if operation.error_of(entry.body or b""):
        return
    is_stream = media_type(entry.headers) == EVENT_STREAM
    good = entry.status < HTTPStatus.MULTIPLE_CHOICES
    if good and is_stream != scenario.stream:
        asks, is_one = ("a", "none") if scenario.stream else ("no", "one")
        raise DoubtError(
            f"{entry.field}: {scenario.name} asks for {asks} stream; the answer in the file is "
            f"{is_one}",
            OTHER,
        )


def _json(body: bytes | None) -> Any:
    if body is None:
        return None
    try:
        return jsonvalue.parse(body)
    except ValueError:
        return None
