"""One issue for each cause: opened when it comes, kept up to date, closed when it is gone."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.nightly.trouble import Night, Trouble

LABEL = "sampleproof-nightly"

MARK = re.compile(r"<!-- sampleproof: (?P<cause>[a-zA-Z ]+) (?P<sum>[0-9a-f]{8}) -->")
"""Says in an issue's text, to programs alone, which cause it is of, and which samples it names."""

SHOWN = 30
"""Samples that an issue explains."""

LONGEST = 2_000
"""Characters of one sample's evidence; GitHub refuses an issue of more than 65,536."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """An open issue, as GitHub has it."""

    number: int
    title: str
    body: str

    @property
    def cause(self) -> str:
        """The cause it is of; empty if it is none of ours."""
        found = MARK.search(self.body)
        return found["cause"] if found else ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    do: Literal["open", "update", "keep", "close"]
    cause: str
    number: int = 0
    """The issue's; 0 if there is none yet."""
    title: str = ""
    body: str = ""
    comment: str = ""


def steps(night: Night, there: Sequence[Issue], run: str) -> Iterator[Step]:
    """What is to be done about a night.

    Args:
        night: What it has shown.
        there: The open issues that carry the label.
        run: Where its log is, as a URL; empty if nobody can look.
    """
    # Of two for one cause, the older one counts.
    known = {issue.cause: issue for issue in sorted(there, key=lambda one: -one.number)}
    for trouble in night.troubles:
        body, issue = _body(night, trouble, run), known.pop(trouble.cause, None)
        if issue is None:
            title = f"Nightly: {trouble.cause}"
            yield Step(do="open", cause=trouble.cause, title=title, body=body)
            continue
        same = _sum(trouble) in issue.body
        comment = "" if same else f"Other samples than before have this now.{_see(run)}"
        yield Step(
            do="keep" if same else "update",
            cause=trouble.cause,
            number=issue.number,
            body=body,
            comment=comment,
        )
    for cause, issue in known.items():
        if not cause:
            continue
        if night.judged:
            comment = f"Gone: no sample has shown this.{_see(run)}"
            yield Step(do="close", cause=cause, number=issue.number, comment=comment)
        else:
            yield Step(do="keep", cause=cause, number=issue.number)


def _see(run: str) -> str:
    return f" [The run]({run})" if run else ""


def _sum(trouble: Trouble) -> str:
    """Tells samples from others; what differs each night, such as wording, does not count."""
    cells = " ".join(sorted(case.cell for case in trouble.cases))
    return hashlib.sha256(cells.encode()).hexdigest()[:8]


def _body(night: Night, trouble: Trouble, run: str) -> str:
    where = f"against {night.endpoint}" if night.endpoint else "against recordings"
    count = len(trouble.cases)
    parts = [
        f"<!-- sampleproof: {trouble.cause} {_sum(trouble)} -->",
        f"{count} sample{'' if count == 1 else 's'}, {where}.{_see(run)}",
    ]
    for case in trouble.cases[:SHOWN]:
        evidence = case.evidence[:LONGEST].replace("```", "'''")
        remedy = f"\n\nRemedy: {case.remedy}" if case.remedy else ""
        live = f"--live {night.endpoint} " if night.endpoint else ""
        rerun = f"sampleproof run {live}'{case.cell}'"
        parts.append(f"### `{case.cell}`\n\n```text\n{evidence}\n```{remedy}\n\nRerun: `{rerun}`")
    if count > SHOWN:
        parts.append(f"{count - SHOWN} more are in the report.")
    parts.append("This text is written by the nightly run, which closes the issue, too.")
    return "\n\n".join(parts) + "\n"
