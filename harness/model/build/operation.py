"""An operation, from its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.model import jsonvalue, linear
from harness.model.header_rules import CONTENT_TYPE
from harness.model.loader import load, schema_problems
from harness.model.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.model.loader import Loaded, Place
    from harness.model.problem import Problem

WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
MEDIA_TYPE = re.compile(f"{WORD}/{WORD}")
"""RFC 9110, section 8.3.1."""


def operation(path: Path, name: str, problems: list[Problem]) -> Operation | None:
    """An operation, from its file."""
    before = len(problems)
    loaded = load(path, name, "operation", problems)
    if loaded is None:
        return None
    for query, pattern in (loaded.find(("query",), dict) or {}).items():
        problems.extend(_no_pattern(loaded, ("query", query), pattern))
    problems.extend(_header_problems(loaded))
    for parameter in loaded.find(("parameters",), dict) or {}:
        if loaded.find(("parameters", parameter), dict) is not None:
            problems.extend(schema_problems(loaded, ("parameters", parameter)))
    if len(problems) > before:
        return None
    return msgspec.convert({**loaded.data, "name": path.stem}, Operation)


def _no_pattern(loaded: Loaded, place: Place, pattern: object) -> Iterator[Problem]:
    try:
        linear.compiled(str(pattern))
    except ValueError as error:
        yield loaded.problem(place, f"expected a regular expression: {error}")


def _header_problems(loaded: Loaded) -> Iterator[Problem]:
    credentials = loaded.find(("credentials",), list) or []
    taken = {
        str(one["header"]).lower(): "this header is among the credentials already"
        for one in credentials
        if isinstance(one, dict) and "header" in one
    }
    for name, wanted in (loaded.find(("headers",), dict) or {}).items():
        place = ("headers", name)
        if name.lower() in taken:
            yield loaded.problem(place, taken[name.lower()])
        taken[name.lower()] = "this header is named twice"
        if name.lower() != CONTENT_TYPE:
            yield from _no_pattern(loaded, place, wanted)
        elif not MEDIA_TYPE.fullmatch(str(wanted)):
            message = f"expected a media type without parameters; received {jsonvalue.show(wanted)}"
            yield loaded.problem(place, message, "such as: application/json")
