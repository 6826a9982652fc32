"""JSON as the wire has it: read strictly, compared by type, addressed by path.

A path is the common subset of RFC 9535 that names one place: `$.choices[0].message.content`.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model.characters import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

type_names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}

MISSING: Any = type("Missing", (), {"__repr__": lambda _: "nothing"})()
"""What a path finds where there is nothing; `None` is JSON's `null`."""

AT_SIGHT = frozenset({str, int})
"""Types of which two equal values are the same JSON; `bool` is another type."""

SAFE_INTEGER = 2**53 - 1
"""Beyond it, JSON numbers lose digits (RFC 8259, section 6)."""

STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\[\"((?:[^\"\\]|\\.)*)\"\]")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Where two JSON values part, with both sides; `MISSING` where one has nothing."""

    path: str
    expected: Any
    received: Any


def parse(data: bytes | str) -> Any:
    """Read JSON (RFC 8259), refusing what readers disagree about.

    Raises:
        ValueError: It is not JSON, not UTF-8, has a duplicate key, or a `NaN` or `Infinity`.
    """
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parsed(data: bytes | str) -> Any:
    """The JSON in a text, or `MISSING` if it is none that `parse` takes."""
    try:
        return parse(data)
    except ValueError:
        return MISSING


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {json.dumps(twice)} is given twice")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def differences(expected: Any, received: Any, path: str = "$") -> Iterator[Difference]:
    """Every place where two values differ; `1` equals `1.0`, `true` does not equal `1`."""
    if isinstance(expected, dict) and isinstance(received, dict):
        for name in [*expected, *(name for name in received if name not in expected)]:
            one, other = expected.get(name, MISSING), received.get(name, MISSING)
            if not _same_at_sight(one, other):
                yield from differences(one, other, path + member(name))
    elif isinstance(expected, list) and isinstance(received, list):
        for index in range(max(len(expected), len(received))):
            yield from differences(
                expected[index] if index < len(expected) else MISSING,
                received[index] if index < len(received) else MISSING,
                f"{path}[{index}]",
            )
    elif not _same_scalar(expected, received):
        yield Difference(path=path, expected=expected, received=received)


def _same_at_sight(expected: Any, received: Any) -> bool:
    """Whether two values are seen to be equal at first sight, as nearly all are."""
    kind = type(expected)
    return kind is type(received) and kind in AT_SIGHT and bool(expected == received)


def _same_scalar(expected: Any, received: Any) -> bool:
    if isinstance(expected, bool) or isinstance(received, bool):
        return expected is received
    if isinstance(expected, int) and isinstance(received, int):
        return expected == received
    if isinstance(expected, int | float) and isinstance(received, int | float):
        # JavaScript writes 4e16 as an integer, of the shortest digits that mean this float.
        return _as_float(expected) == _as_float(received)
    return type(expected) is type(received) and bool(expected == received)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("nan")  # beyond every float, so equal to none


def member(name: str) -> str:
    """The step of a path that leads to a member of an object."""
    return f".{name}" if re.fullmatch(r"[A-Za-z_][\w-]*", name) else f"[{json.dumps(name)}]"


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, str]]:
    """Every place that holds no other, with its JSON; `1.0` is written as `1`."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(item, path + member(name))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        is_whole = isinstance(value, float) and value.is_integer()
        yield path, _spelled(int(value) if is_whole else value)


def at(value: Any, path: str) -> Any:
    """What stands at a path, or `MISSING`."""
    return follow(value, steps(path))


def follow(value: Any, steps: tuple[str | int, ...]) -> Any:
    """What stands where names and indexes lead, or `MISSING`."""
    for step in steps:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return MISSING
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return MISSING
    return value


@lru_cache(maxsize=64)
def steps(path: str) -> tuple[str | int, ...]:
    """The names and indexes of a path, in order.

    Raises:
        ValueError: It is not a path of the form described above.
    """
    if not path.startswith("$"):
        raise ValueError(f"a path begins with $: {path}")
    found: list[str | int] = []
    position = 1
    while position < len(path):
        match = STEP.match(path, position)
        if match is None:
            raise ValueError(f"not a path from {path[position:]!r} on: {path}")
        name, index, quoted = match.groups()
        found.append(name or (int(index) if index else json.loads(f'"{quoted}"')))
        position = match.end()
    return tuple(found)


def show(value: Any, limit: int = 200) -> str:
    """A value as a message shows it: JSON on one line, cut in the middle if it is long."""
    if value is MISSING:
        return "nothing"
    text = _spelled(value)
    if len(text) <= limit:
        return text
    from harness.model.redactor import redacted

    text = redacted(text)  # of what is cut, nobody knows any more that it is a secret
    return text if len(text) <= limit else f"{text[: limit // 2]} … {text[-limit // 2 :]}"


def uncarriable(value: Any) -> str | None:
    """Why no JSON text, and so no sample, can carry a scalar; `None` if one can."""
    if isinstance(value, str):
        lone = re.search("[\ud800-\udfff]", value)
        if lone:
            return (
                f"holds half of a surrogate pair (U+{ord(lone[0]):04X}), which no UTF-8 can carry"
            )
    elif isinstance(value, bool):
        return None
    elif isinstance(value, int) and abs(value) > SAFE_INTEGER:
        return f"expected an integer within ±(2⁵³-1), which all languages keep; received {value}"
    elif isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return f"JSON has no number {value}"
    return None


def _spelled(value: Any) -> str:
    """A value as JSON that can be written: half a character stays an escape."""
    return escaped(json.dumps(value, ensure_ascii=False))
