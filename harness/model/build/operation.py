"""An operation, from its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.model.loader import load, schema_problems
from harness.model.operation import Operation

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model.problem import Problem


def operation(path: Path, name: str, problems: list[Problem]) -> Operation | None:
    """An operation, from its file."""
    before = len(problems)
    loaded = load(path, name, "operation", problems)
    if loaded is None:
        return None
    for query, pattern in (loaded.find(("query",), dict) or {}).items():
        try:
            re.compile(str(pattern))
        except re.error as error:
            problems.append(
                loaded.problem(("query", query), f"expected a regular expression: {error}")
            )
    for parameter in loaded.find(("parameters",), dict) or {}:
        if loaded.find(("parameters", parameter), dict) is not None:
            problems.extend(schema_problems(loaded, ("parameters", parameter)))
    if len(problems) > before:
        return None
    return msgspec.convert({**loaded.data, "name": path.stem}, Operation)
