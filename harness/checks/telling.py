"""Whether a line tells a service's error: by meaning, whatever the spelling.

Samples show a code and a message, or the whole body where it has not got both. A library may have
parsed that body, and write its numbers, white space and keys in its own way.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from harness.model import jsonvalue
from harness.model.reply import ERROR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.failure import Failure

NOTHING = re.compile(r"\b(undefined|null|None|nil|NaN)\b")
"""What languages write in place of what is not there."""

OPENING = re.compile(r"[{\[]")
LONGEST, ATTEMPTS = 100_000, 1_000
"""Characters of a line that are read, and how often what looks like JSON in it is tried: no error is as
long, but a sample can say what would take hours to read."""


def due(failure: Failure, status: int) -> str:
    """What a line must show, in words."""
    if failure.code and failure.message:
        return f"{failure.code!r} and {failure.message!r}"
    if failure.message:
        return f"{failure.message!r}"
    shown = failure.text.strip()
    return f"{str(status)!r} and {shown!r}" if status >= ERROR else f"{shown!r}"


def tells(line: str, failure: Failure, status: int) -> bool:
    """Whether a line shows an error's code and message; without a message, all that was said."""
    shown = collapsed(line[:LONGEST])
    found = list(_documents(shown))
    if not failure.message:
        if status >= ERROR and str(status) not in shown:
            return False
        body = collapsed(failure.text)
        wanted = jsonvalue.parsed(body)
        return body in shown or any(_same(wanted, value) for value, _ in found)
    known = [shown, *(text for value, _ in found for text in _texts(value))]
    if not any(collapsed(failure.message) in text for text in known):
        return False
    if failure.code:
        return any(collapsed(failure.code) in text for text in known)
    rest = shown
    for said in (*(text for _, text in found), collapsed(failure.message)):
        rest = rest.replace(said, "")
    return NOTHING.search(rest) is None


def meaning(failure: Failure) -> str:
    """An error in one spelling, so that two can be compared."""
    if failure.message:
        return collapsed(str(failure))
    value = jsonvalue.parsed(failure.text)
    return (
        collapsed(failure.text)
        if value is jsonvalue.MISSING
        else json.dumps(dict(sorted(jsonvalue.leaves(value))))
    )


def collapsed(text: str) -> str:
    """A text with one space in place of any white space."""
    return " ".join(text.split())


def _same(one: Any, other: Any) -> bool:
    return one is not jsonvalue.MISSING and not any(jsonvalue.differences(one, other))


def _documents(text: str) -> Iterator[tuple[Any, str]]:
    """Every JSON object or list that stands in a text and in no other, with its spelling."""
    decoder = json.JSONDecoder()
    position = failed = 0
    while failed < ATTEMPTS and (match := OPENING.search(text, position)) is not None:
        try:
            value, position = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position = match.end()
            failed += 1
        else:
            yield value, text[match.start() : position]


def _texts(value: Any) -> Iterator[str]:
    """Every text and number in a value, as text."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield collapsed(value)
    elif isinstance(value, int | float):
        yield str(value)
