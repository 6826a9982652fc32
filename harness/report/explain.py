"""A failure as a reader needs it: what was expected, what came, and how to run just this again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.model.escape import log
from harness.model.redactor import redacted
from harness.report.words import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.model.finding import Finding
    from harness.outcome import Outcome, Parity

SHOWN_LINES = 8
SHOWN_COLUMNS = 160


def outcome(one: Outcome, rerun: str, typed: Callable[[str], str]) -> Iterator[str]:
    """The lines that explain an outcome, none of which CI obeys; none if it passed.

    Args:
        one: The outcome.
        rerun: The command that runs just this again.
        typed: Puts commands into the words that the user can type.
    """
    yield from _lines(_outcome(one, rerun, typed))


def _outcome(one: Outcome, rerun: str, typed: Callable[[str], str]) -> Iterator[str]:
    if one.fault is not None:
        yield typed(one.fault.message)
        if one.fault.remedy:
            yield f"remedy: {typed(one.fault.remedy)}"
    for finding in one.findings:
        # The report has notes; and a fault says already what was found.
        if finding.severity == "warning" or (finding.severity == "error" and one.fault is None):
            yield from _finding(finding, typed)
    if one.diagnosis is not None and one.fault is None:
        yield f"cause: {one.diagnosis.cause}; {typed(one.diagnosis.remedy)}"
    if one.not_evaluated and one.verdict == "fail":
        yield f"not evaluated: {', '.join(one.not_evaluated)}"
    if one.verdict in {"fail", "error"}:
        yield f"rerun: {typed(rerun)}"


def parity(one: Parity, rerun: str, typed: Callable[[str], str]) -> Iterator[str]:
    """The lines that explain how clients differ."""
    yield from _lines(_parity(one, rerun, typed))


def _parity(one: Parity, rerun: str, typed: Callable[[str], str]) -> Iterator[str]:
    for finding in one.findings:
        yield f"{finding.check}: {finding.message}"
    if one.verdict == "fail":
        yield f"rerun: {typed(rerun)}"


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """Texts of whatever origin, line by line, so that each can be set apart from what is our own."""
    for text in texts:
        yield from log(redacted(text)).split("\n")


def _finding(finding: Finding, typed: Callable[[str], str]) -> Iterator[str]:
    yield f"{finding.check}: {typed(finding.message)}"
    for label, value in (("expected", finding.expected), ("received", finding.received)):
        lines = shown(value.removesuffix("\n") if isinstance(value, str) else value)
        yield f"  {label}  {lines[0]}"
        yield from (f"            {line}" for line in lines[1:])


def shown(value: Any) -> list[str]:
    """A value in a few short lines that any terminal can show, and no CI obeys."""
    if value is None:
        return ["nothing"]
    if value == "":
        return ["nothing"]
    text = redacted(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    lines = [_cut(log(line)) for line in text.split("\n")]
    if len(lines) > SHOWN_LINES:
        more = len(lines) - SHOWN_LINES
        lines = [*lines[:SHOWN_LINES], f"… {number(more, 'more line')} in the report"]
    return lines


def _cut(line: str) -> str:
    return line if len(line) <= SHOWN_COLUMNS else f"{line[:SHOWN_COLUMNS]}…"
