"""What went wrong in a night, by cause: read off the reports of the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.live.triage import OURS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.report.line import Line

HARNESS = "harness"
"""The cause where this program itself could not do its work."""

LIBRARY = "client library"
SAMPLE = "sample"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One sample that has a trouble."""

    cell: str
    evidence: str
    remedy: str


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """All that is put down to one cause."""

    cause: str
    cases: tuple[Case, ...]

    @property
    def exit_code(self) -> int:
        """What it makes of a night: only what the project can mend fails one."""
        return 3 if self.cause == HARNESS else 1 if self.cause in OURS else 0


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """What a night's runs have shown."""

    endpoint: str
    """What answered; empty if recordings did."""
    troubles: tuple[Trouble, ...]
    judged: bool
    """Whether every sample got a verdict. If not, nothing is known to be gone."""


def night(report: Sequence[Line], newest: Sequence[Line] = ()) -> Night:
    """What two reports tell.

    Args:
        report: Of the run with the pinned packages.
        newest: Of the one with the newest, if there was one.
    """
    cases: dict[str, list[Case]] = {}
    for line in report:
        for cause, case in _cases(line):
            cases.setdefault(cause, []).append(case)
    passed = {line["id"] for line in report if line.get("verdict") == "pass" and "id" in line}
    for line in newest:
        if line["type"] != "cell" or line["verdict"] != "fail" or line["id"] not in passed:
            continue
        what = line["findings"][0]["message"].partition("\n")[0]
        evidence = f"with the newest packages: {what}; with the pinned ones it passes"
        remedy = "look at what the new version changes before you pin it, and report it there"
        cases.setdefault(LIBRARY, []).append(
            Case(cell=line["id"], evidence=evidence, remedy=remedy)
        )
    endpoint = report[0].get("endpoint", {})
    return Night(
        endpoint=endpoint.get("url", ""),
        troubles=tuple(
            Trouble(cause=cause, cases=tuple(found)) for cause, found in sorted(cases.items())
        ),
        judged=not any(line.get("verdict") == "error" for line in (*report, *newest)),
    )


def _cases(line: Line) -> Iterator[tuple[str, Case]]:
    if line["type"] == "parity":
        name = f"*/{line['scenario']}@{line['model']}"
        for one in line["findings"]:
            yield SAMPLE, Case(cell=name, evidence=one["message"], remedy="mend the samples")
        return
    if line["type"] != "cell" or line["verdict"] not in {"fail", "error"}:
        return
    if found := line.get("diagnosis"):
        case = Case(cell=line["id"], evidence=found["evidence"], remedy=found["remedy"])
        yield found["cause"], case
    elif "fault" in line:
        fault = line["fault"]
        yield HARNESS, Case(cell=line["id"], evidence=fault["message"], remedy=fault["remedy"])
    else:
        yield (
            SAMPLE,
            Case(
                cell=line["id"],
                evidence=line["findings"][0]["message"],
                remedy="mend the sample",
            ),
        )
