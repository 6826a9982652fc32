"""A failure: how a service tells an error, in a body or in an event of a stream."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model import jsonvalue
from harness.model.characters import joined

if TYPE_CHECKING:
    from harness.model.event_stream import Event


class ErrorRule(msgspec.Struct, frozen=True, kw_only=True):
    """Where an error body has its code and its message."""

    code: str
    message: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An error as the service told it."""

    code: str = ""
    """A text, or a number as JSON spells it; empty if it has none."""
    message: str = ""
    """Empty if it has none."""
    text: str = ""
    """All that was said, as it came."""

    def __str__(self) -> str:
        if self.message:
            return f"{self.code}: {self.message}" if self.code else self.message
        return self.text[:200].strip()


def told_in(text: str, rule: ErrorRule) -> Failure | None:
    """The failure that a body tells; `None` if it tells none, or is no JSON."""
    return _in(jsonvalue.parsed(text), text, rule)


def told_with_error_status(text: str, rule: ErrorRule) -> Failure:
    """The failure that the body of an answer of 4xx or 5xx tells, if only by what it says.

    Proxies, and servers of the same protocol, leave out what an error stands in: a code and a message
    by the rule's own names count there too.
    """
    failure = told_in(text, rule)
    if failure is None:
        document = jsonvalue.parsed(text)
        code, message = (
            _scalar(jsonvalue.follow(document, jsonvalue.steps(path)[-1:]))
            for path in (rule.code, rule.message)
        )
        failure = Failure(code=code if message else "", message=message, text=joined((text,)))
    return failure


def told_by(event: Event, value: Any, rule: ErrorRule) -> Failure | None:
    """The failure that an event tells: in its data, by its name, or in a field of its own.

    `event: error` with `data: {…}`, and `error: {…}`, say the same as `data: {"error": {…}}`.

    Args:
        event: The event.
        value: The JSON of its data; `MISSING` if it is none.
        rule: Where the parts of an error stand.
    """
    data = event.data or ""
    found = _in(value, data, rule)
    if found is None and event.name:
        found = _in({event.name: data if value is jsonvalue.MISSING else value}, data, rule)
    for name, text in event.others if found is None else ():
        value = jsonvalue.parsed(text)
        found = found or _in({name: text if value is jsonvalue.MISSING else value}, text, rule)
    return found


def _in(document: Any, text: str, rule: ErrorRule) -> Failure | None:
    code = _scalar(jsonvalue.at(document, rule.code))
    message = _scalar(jsonvalue.at(document, rule.message))
    if place := _place(rule.code, rule.message):
        error = jsonvalue.follow(document, place)
        if error is jsonvalue.MISSING or not error:
            return None
        message = _scalar(error) or message
    elif not (code and message):  # they stand among the fields of any answer
        return None
    return Failure(code=code, message=message, text=joined((text,)))


@lru_cache(maxsize=16)
def _place(code: str, message: str) -> tuple[str | int, ...]:
    """What the paths to an error's parts have in common: where the error itself stands."""
    found = []
    for one, other in zip(jsonvalue.steps(code), jsonvalue.steps(message), strict=False):
        if one != other:
            break
        found.append(one)
    return tuple(found)


def _scalar(value: Any) -> str:
    """A text, or a number as text; empty for all else."""
    if isinstance(value, str):
        return joined((value,))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
