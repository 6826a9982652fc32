"""One issue for each cause: opened when it comes, kept up to date, closed when it is gone."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.model.escape import code_block, code_span, cut, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.nightly.trouble import Case, Night, Trouble

LABEL = "sampleproof-nightly"

MARK = re.compile(r"<!-- sampleproof: (?P<cause>[a-zA-Z ]+) (?P<sum>[0-9a-f]{8}) -->")
"""Says in an issue's text, to programs alone, which cause it is of, and which samples it names. It counts
where the text begins: what follows repeats what others have said."""

SHOWN = 30
"""Samples that an issue explains."""

NAME, LONGEST, REMEDY = 200, 1_500, 500
"""Characters of a sample's name, its evidence and the remedy."""

LARGEST = 60_000
"""Characters of an issue's text; GitHub refuses one of more than 65,536."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """An open issue, as GitHub has it."""

    number: int
    title: str
    body: str

    @property
    def cause(self) -> str:
        """The cause it is of; empty if it is none of ours."""
        found = MARK.match(self.body)
        return found["cause"] if found else ""

    @property
    def sum(self) -> str:
        """Which samples it names; empty if it is none of ours."""
        found = MARK.match(self.body)
        return found["sum"] if found else ""


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
        same = _sum(trouble) == issue.sum
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
    cells = " ".join(sorted(one_line(case.cell) for case in trouble.cases))
    return hashlib.sha256(cells.encode()).hexdigest()[:8]


def _body(night: Night, trouble: Trouble, run: str) -> str:
    where = f"against {code_span(night.endpoint)}" if night.endpoint else "against recordings"
    count = len(trouble.cases)
    parts = [
        f"<!-- sampleproof: {trouble.cause} {_sum(trouble)} -->",
        f"{count} sample{'' if count == 1 else 's'}, {where}.{_see(run)}",
    ]
    last = "This text is written by the nightly run, which closes the issue, too."
    told, room = 0, LARGEST - len(last) - sum(map(len, parts))
    for case in trouble.cases[:SHOWN]:
        text = _case(case, night.endpoint)
        room -= len(text) + 2
        if room < 0:
            break
        parts.append(text)
        told += 1
    if count > told:
        parts.append(f"{count - told} more are in the report.")
    return "\n\n".join([*parts, last]) + "\n"


def _case(case: Case, endpoint: str) -> str:
    """What others have said stands in it as code alone, where nothing is a link, a mention or a mark."""
    name = cut(one_line(case.cell), NAME, "…")
    live = f"--live {endpoint} " if endpoint else ""
    said = cut(case.evidence, LONGEST)
    if case.remedy:
        said += f"\n\nRemedy: {cut(case.remedy, REMEDY, '…')}"
    rerun = code_span(f"sampleproof run {live}'{name}'")
    return f"### {code_span(name)}\n\n{code_block(said)}\n\nRerun: {rerun}"
