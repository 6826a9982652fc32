"""What a new recording changes about the one before, each kind of change told apart."""

from __future__ import annotations

from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from harness.checks.answer import shape_of
from harness.model import jsonvalue
from harness.model.event_stream import event_data

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from harness.checks.answer import Shape
    from harness.model.operation import Operation
    from harness.model.recording import Exchange, Recording, Response
    from harness.record.rules import Rules

Kind: TypeAlias = Literal["exchanges", "status", "shape", "wording", "values", "headers", "chunks"]

SHOWN = 60
"""Characters of a text that are shown on either side."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is different."""

    kind: Kind
    message: str


def changes(old: Recording, new: Recording, operation: Operation, rules: Rules) -> list[Change]:
    """Everything that is different, but for what differs from call to call anyway."""
    found: list[Change] = []
    if len(old.exchanges) != len(new.exchanges):
        message = f"{len(old.exchanges)} before, {len(new.exchanges)} now"
        found.append(Change(kind="exchanges", message=message))
    several = max(len(old.exchanges), len(new.exchanges)) > 1
    for number, (before, after) in enumerate(zip_longest(old.exchanges, new.exchanges), start=1):
        if before is None or after is None:
            break
        for kind, message in _exchange(before, after, operation, rules):
            where = f"exchange {number}: " if several else ""
            found.append(Change(kind=kind, message=where + message))
    return found


def _exchange(
    before: Exchange, after: Exchange, operation: Operation, rules: Rules
) -> Iterator[tuple[Kind, str]]:
    was, now = f"{before.method} {before.path}", f"{after.method} {after.path}"
    if was != now:
        yield "exchanges", f"{was} → {now}"
    one, other = before.response.plain, after.response.plain
    for name in ("status", "reason", "ending"):
        if getattr(one, name) != getattr(other, name):
            yield "status", f"{name}: {getattr(one, name)} → {getattr(other, name)}"
    yield from (
        ("shape", text) for text in _shapes(shape_of(one, operation), shape_of(other, operation))
    )
    was, now = _text(one, operation), _text(other, operation)
    if was != now:
        yield "wording", f"{_shown(was)} → {_shown(now)}"
    told = {operation.answer.response, operation.answer.event, operation.error.message}
    yield from (("values", text) for text in _values(documents(one), documents(other), told, rules))
    yield from (
        ("headers", text)
        for text in _headers(before.response.headers, after.response.headers, rules)
    )
    trailers = _headers(one.trailers, other.trailers, rules)
    yield from (("headers", f"trailer {text}") for text in trailers)
    yield from (("chunks", text) for text in _chunks(before.response, after.response))


def documents(response: Response) -> list[Any]:
    """The JSON of a body, or of each event; none if it is something else."""
    texts = event_data(response.body) if response.is_stream else [response.body]
    found = []
    for text in texts:
        with suppress(ValueError):  # the word that ends a stream is no JSON
            found.append(jsonvalue.parse(text))
    return found


def _shapes(one: Shape, other: Shape) -> Iterator[str]:
    for path in dict.fromkeys([*one, *other]):
        if path in one and path in other:
            if one[path] != other[path]:
                yield f"{path}: {_types(one[path])} → {_types(other[path])}"
        elif not _within(path, one.keys() ^ other.keys()):  # what is in something new is no news
            yield f"{path} {'is gone' if path in one else 'is new'}"


def _within(path: str, others: Collection[str]) -> bool:
    return any(path.startswith((f"{other}.", f"{other}[")) for other in others)


def _types(names: set[str]) -> str:
    return " or ".join(sorted(names))


def _text(response: Response, operation: Operation) -> str:
    """What a reader sees: the answer, or the error, or a body that is neither."""
    if response.is_stream:
        return operation.text_of_stream(response.body)
    if error := operation.error_of(response.body):
        return str(error)
    text = operation.text_of_response(response.body)
    if text is None and not documents(response):
        return response.body.decode("utf-8", "replace")
    return text or ""


def _values(
    before: Iterable[Any], after: Iterable[Any], told: Collection[str], rules: Rules
) -> Iterator[str]:
    """Scalars that stand in both at the same path, and differ; not those told of already."""
    one, other = constants(before), constants(after)
    for path in one:
        differs = path in other and one[path] != other[path]
        if differs and path not in told and not rules.differs(path):
            yield f"{path}: {jsonvalue.show(one[path], SHOWN)} → {jsonvalue.show(other[path], SHOWN)}"


def constants(documents: Iterable[Any]) -> dict[str, Any]:
    """Scalars by path, but for those that change from one document to another."""
    found: dict[str, Any] = {}
    several: set[str] = set()

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                walk(item, f"{path}{jsonvalue.member(name)}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(item, f"{path}[{index}]")
        elif path in found and found[path] != value:
            several.add(path)
        else:
            found[path] = value

    for document in documents:
        walk(document, "$")
    return {path: value for path, value in found.items() if path not in several}


def _headers(
    before: tuple[tuple[str, str], ...], after: tuple[tuple[str, str], ...], rules: Rules
) -> Iterator[str]:
    one, other = _by_name(before), _by_name(after)
    for name in dict.fromkeys([*one, *other]):
        if name not in other:
            yield f"{name} is gone"
        elif name not in one:
            yield f"{name} is new"
        elif one[name] != other[name] and not rules.differs_in(name):
            yield f"{name}: {_shown(', '.join(one[name]))} → {_shown(', '.join(other[name]))}"


def _by_name(pairs: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name.lower(), []).append(value)
    return found


def _chunks(one: Response, other: Response) -> Iterator[str]:
    was, now = _framing(one), _framing(other)
    if was != now:
        yield f"framing: {was} → {now}"
    sizes = [[mark.size for mark in side.chunks] for side in (one, other)]
    recut = one.body == other.body and sizes[0] != sizes[1]
    if recut or len(sizes[0]) != len(sizes[1]) or one.chunks_known != other.chunks_known:
        yield f"{_pace(one)} → {_pace(other)}"


def _framing(response: Response) -> str:
    return response.framing if response.framing_known else "unknown"


def _pace(response: Response) -> str:
    if not response.chunks_known:
        return "unknown"
    seconds = sum(mark.after_ms for mark in response.chunks) / 1000
    count = len(response.chunks)
    return f"{count} {'chunk' if count == 1 else 'chunks'} in {seconds:.1f} s"


def _shown(text: str) -> str:
    return jsonvalue.show(text, SHOWN)
