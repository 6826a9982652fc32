"""What came of a cell, and of holding clients against one another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.checks import parity
from harness.checks.check import REQUEST_CHECKS, Evidence
from harness.model.cell import Cell
from harness.model.finding import Diagnosis, Finding, Verdict
from harness.model.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PRECEDENCE = (2, 3, 1, 4, 0)
"""Exit codes, in the order in which they count where several hold."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no verdict on a sample: our own fault, with its remedy."""

    message: str
    remedy: str = ""
    exit_code: int = 3


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one cell."""

    cell: Cell
    sha256: str | None
    """Of the file that ran."""
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    not_evaluated: tuple[str, ...] = ()
    observation: Observation | None = None
    fault: Fault | None = None
    diagnosis: Diagnosis | None = None
    """To whom a live failure is put down."""
    cached: bool = False
    """Whether it was remembered, and nothing ran."""

    @property
    def requests_stand(self) -> bool:
        """Whether what it sent was as the scenario asks."""
        unclear = {*self.not_evaluated, *(finding.check for finding in self.findings)}
        return self.observation is not None and unclear.isdisjoint((*REQUEST_CHECKS, "secret.kept"))


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """What came of holding the clients of one scenario and model against one another."""

    scenario: str
    model: str
    clients: tuple[str, ...]
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    not_evaluated: tuple[str, ...] = ()


def compare(outcomes: Sequence[Outcome]) -> Parity:
    """Hold clients against one another; those whose own faults have a name already stand aside."""
    sending = [_evidence(one) for one in outcomes if one.requests_stand]
    showing = [_evidence(one) for one in outcomes if one.verdict == "pass"]
    findings: list[Finding] = []
    not_evaluated: list[str] = []
    checks = [("parity.request", parity.request, sending)]
    if not any(one.live for one in sending):
        # A live answer is worded anew each time; `output.text` holds each to its own.
        checks.append(("parity.output", parity.output, showing))
    for name, check, runs in checks:
        findings += check(runs) if len(runs) > 1 else []
        if len(runs) < len(outcomes) or len(runs) < 2:  # noqa: PLR2004
            not_evaluated.append(name)
    # Nothing agrees that did not pass.
    whole = not not_evaluated and all(one.verdict == "pass" for one in outcomes)
    verdict: Verdict = "fail" if findings else "pass" if whole else "skipped"
    first = outcomes[0].cell
    return Parity(
        scenario=first.scenario.name,
        model=first.model,
        clients=tuple(one.cell.client.name for one in outcomes),
        verdict=verdict,
        findings=tuple(findings),
        not_evaluated=tuple(not_evaluated),
    )


def alike(message: str) -> str:
    """A message without numbers and ids, which differ each time that the same happens."""
    return re.sub(r"\b(?=\w*\d)[\w-]+", "#", message)


def _evidence(outcome: Outcome) -> Evidence:
    assert outcome.observation is not None  # noqa: S101
    return Evidence(cell=outcome.cell, observation=outcome.observation)


def exit_code(outcomes: Iterable[Outcome], parities: Iterable[Parity]) -> int:
    """The exit code of a run: 2, then 3, then 1."""
    faults = [one.fault.exit_code for one in outcomes if one.fault]
    verdicts = [one.verdict for one in outcomes] + [one.verdict for one in parities]
    return worst([*faults, 1 if "fail" in verdicts else 0])


def worst(codes: Iterable[int]) -> int:
    """Of exit codes, the one that counts."""
    return min(codes, key=PRECEDENCE.index, default=0)
