"""Checks between clients: the same request sent, the same answer shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from harness.checks.check import lines_of
from harness.checks.sent import fields
from harness.checks.telling import meaning, tells
from harness.model.failure import Failure
from harness.model.finding import Finding
from harness.model.reply import ERROR

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
    """`parity.output`: a reader learns the same in every language: the answer's text, or the error.

    Clients that the recording leads to different answers, since one asks again after an error and
    another does not, have nothing to compare.
    """
    by_answer: dict[int, list[Evidence]] = {}
    for run in runs:
        by_answer.setdefault(run.cell.course.turns[-1], []).append(run)
    findings = []
    for same in by_answer.values():
        learned = [learnt(run) for run in same]
        message = "the clients show different answers"
        findings += _compare("parity.output", message, learned, same)
    return findings


def learnt(run: Evidence) -> dict[str, str]:
    """What a reader learns from what is shown, in whatever way it is shown."""
    found = {}
    if not run.reply.interrupted:  # nobody knows how much of it arrived
        found["answer"] = json.dumps(_text(run), ensure_ascii=False)
    if run.reply.failure is not None:
        found["error"] = _error(run, run.reply.failure)
    return found


def _text(run: Evidence) -> str:
    """The answer's text as a reader takes it off the terminal."""
    shown, response = run.observation.stdout, run.last
    if run.shows_body and response.status >= ERROR:
        return ""
    if run.shows_body and response.is_stream:
        return run.cell.operation.text_of_stream(shown).rstrip()
    if run.shows_body:
        return (run.cell.operation.text_of_response(shown) or "").rstrip()
    text = shown.decode("utf-8", "replace").rstrip()
    if run.reply.kind == "withheld" and run.fails and not text:
        text = run.reply.text.rstrip()  # it is right to refuse a part, and to show it
    same = text in {one.rstrip() for one in run.reply.spellings}
    return run.reply.text.rstrip() if same else text


def _error(run: Evidence, failure: Failure) -> str:
    """The error, off the body or off standard error."""
    operation, status = run.cell.operation, run.last.status
    if not run.shows_body:
        lines = lines_of(run.observation.stderr)
        told = next((line for line in lines if tells(line, failure, status)), None)
        return meaning(failure) if told else " ".join(lines)
    shown = run.observation.stdout
    if status >= ERROR:
        return meaning(operation.error_with_status(shown))
    if run.last.is_stream:
        found = operation.failure_of_stream(shown)
    else:
        found = operation.error_of(shown) or Failure(text=shown.decode("utf-8", "replace"))
    return meaning(found) if found else ""


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
