"""Checks between clients: the same request sent, the same answer shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from harness.checks.sent import fields
from harness.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.check import Evidence

Row = tuple[str, dict[str, str]]
"""A field, and by client what it holds."""

WIDTH = 80
ABSENT = "—"

MAY_BE_LEFT_OUT = re.compile(r"(\[\d+\] )?query ")
"""A query parameter of any request: the libraries have one that cURL has not."""


def request(runs: Sequence[Evidence]) -> list[Finding]:
    """`parity.request`: all clients send the same, spelling of numbers and order of keys aside."""
    return _compare(
        "parity.request", "the clients send different requests", [_sent(run) for run in runs], runs
    )


def output(runs: Sequence[Evidence]) -> list[Finding]:
    """`parity.output`: a reader sees the same answer, to the letter, in every language."""
    shown = [{"answer": json.dumps(answer(run), ensure_ascii=False)} for run in runs]
    return _compare("parity.output", "the clients show different answers", shown, runs)


def answer(run: Evidence) -> str:
    """The answer as a reader takes it off the terminal."""
    text = run.observation.stdout.decode("utf-8", "replace")
    response = run.last
    if run.fails or run.cell.client.reading(stream=response.is_stream) == "text":
        return text.rstrip()
    if response.is_stream:
        return run.cell.operation.text_of_stream(run.observation.stdout)
    return run.cell.operation.text_of_response(run.observation.stdout) or ""


def _sent(run: Evidence) -> dict[str, str]:
    """What was asked; what a library asks again after an error is its own affair."""
    found = {"requests": str(len(run.asked))}
    for number, sent in enumerate(run.asked):
        prefix = f"[{number}] " if len(run.asked) > 1 else ""
        found |= {prefix + name: run.hide(value) for name, value in fields(sent).items()}
    return found


def _compare(
    check: str, message: str, fields: Sequence[Mapping[str, str]], runs: Sequence[Evidence]
) -> list[Finding]:
    names = dict.fromkeys(name for one in fields for name in one)
    clients = [run.cell.client.name for run in runs]
    rows: list[Row] = []
    for name in names:
        values = [one.get(name, ABSENT) for one in fields]
        given = [value for value in values if value != ABSENT or not MAY_BE_LEFT_OUT.match(name)]
        if len(set(given)) > 1:
            rows.append((name, dict(zip(clients, values, strict=True))))
    if not rows:
        return []
    return [
        Finding(
            check=check,
            message=f"{message}\n{table(rows, clients)}",
            expected="the same in every client",
            received=dict(rows),
        )
    ]


def table(rows: Sequence[Row], clients: Sequence[str]) -> str:
    """Field × client as text, within 80 columns."""
    first = min(max(len(name) for name, _ in rows), 30)
    each = (WIDTH - first) // len(clients) - 2
    lines = [
        ("", *clients),
        *((name, *(values[client] for client in clients)) for name, values in rows),
    ]
    text = []
    for name, *values in lines:
        cells = [
            _cut(name, first).ljust(first),
            *(_cut(value, each).ljust(each) for value in values),
        ]
        text.append("  ".join(cells).rstrip())
    return "\n".join(text)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
