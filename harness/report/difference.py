"""What is different between two reports: verdicts, requests on the wire, and what readers see."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from harness.model.jsonvalue import leaves
from harness.report.explain import shown
from harness.report.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.report.line import Line

ABSENT = "nothing"

CHANCE = re.compile(r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,})\b")
"""Identifiers that are made by chance for each request."""

REQUEST = "request "
"""How the name of each field of a request begins."""

FOLLOWING = {"content-length"}
"""Headers that say nothing that the body does not."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field that is different, in one sample or in the same way in several."""

    field: str
    before: str
    after: str
    cells: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether samples that passed no longer do."""
        return self.field == "verdict" and self.before == "pass"


def differences(before: Iterable[Line], after: Iterable[Line]) -> list[Difference]:
    """Every difference between the samples that both reports have; verdicts first."""
    earlier = {line["id"]: _fields(line) for line in before if line["type"] == "cell"}
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for line in after:
        if line["type"] != "cell" or line["id"] not in earlier:
            continue
        was, now = earlier[line["id"]], _fields(line)
        fields = list(dict.fromkeys((*was, *now)))
        if was.get("requests") != now.get("requests"):  # then none of them has its like
            fields = [field for field in fields if not field.startswith(REQUEST)]
        for field in fields:
            pair = was.get(field, ABSENT), now.get(field, ABSENT)
            if pair[0] != pair[1]:
                found.setdefault((line["client"], field, *pair), []).append(line["id"])
    return sorted(
        (
            Difference(field=field, before=old, after=new, cells=tuple(cells))
            for (_, field, old, new), cells in found.items()
        ),
        key=lambda one: one.field != "verdict",
    )


def missing(before: Iterable[Line], after: Iterable[Line]) -> tuple[list[str], list[str]]:
    """The samples that only the first report has, and those that only the second has."""
    was, now = ([line["id"] for line in one if line["type"] == "cell"] for one in (before, after))
    return [name for name in was if name not in now], [name for name in now if name not in was]


def _fields(line: Line) -> dict[str, str]:
    fields = {"verdict": line["verdict"]}
    requests = line.get("requests", ())
    if "exit" in line:
        fields |= {"requests": str(len(requests)), "exit": _exit(line["exit"])}
    headers = line["run"].get("headers", ())
    for index, request in enumerate(requests):
        prefix = f"{REQUEST}{index + 1} " if len(requests) > 1 else REQUEST
        sent = dict(_sent(request, headers[index] if index < len(headers) else ()))
        fields |= {prefix + name: value for name, value in sent.items()}
    for name in ("output", "stderr"):
        if name in line:
            fields[name] = json.dumps(line[name], ensure_ascii=False)
    return fields


def _exit(found: Line) -> str:
    if found["ended_for"]:
        return f"ended for {found['ended_for']}"
    return f"signal {found['signal']}" if found["code"] is None else str(found["code"])


def _sent(request: Line, headers: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    yield "method", request["method"]
    url, _, query = request["url"].partition("?")
    yield "url", url
    for name, value in parse_qsl(query, keep_blank_values=True):
        yield f"query {name}", value
    for name, value in headers:
        if name.lower() not in FOLLOWING:
            yield f"header {name.lower()}", CHANCE.sub("{id}", value)
    for path, value in leaves(request["body"]):
        yield f"body {path}", value


def told(every: Iterable[Difference], names: tuple[str, str]) -> Iterator[str]:
    """Lines that explain differences to a reader.

    Args:
        every: The differences.
        names: What the two sides are called.
    """
    width = max(map(len, names))
    for one in every:
        first, *others = one.cells
        more = f" and {number(len(others), 'other')}" if others else ""
        yield f"{first}{more}: {one.field}"
        for name, value in zip(names, (one.before, one.after), strict=True):
            for row, text in enumerate(shown(_plain(value))):
                yield f"  {name if row == 0 else '':{width}}  {text}".rstrip()


def _plain(value: str) -> Any:
    """Output as lines, not as JSON."""
    try:
        return json.loads(value) if value.startswith('"') else value
    except ValueError:  # it is a method, or a URL, that begins with a quotation mark
        return value
