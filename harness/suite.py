"""The suite: many cells run side by side, each judged, then clients held against one another."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from typing import TYPE_CHECKING

import msgspec

from harness.checks import parity
from harness.checks.check import REQUEST_CHECKS, Evidence
from harness.checks.judge import judge
from harness.model.cell import Cell
from harness.model.finding import Diagnosis, Finding, Verdict
from harness.model.observation import Observation
from harness.model.problem import HarnessError, InvalidError, Problem
from harness.runner.durations import Durations
from harness.runner.run import observe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from typing import TypeAlias

    from harness.runner.stage import Stage

    RunCell: TypeAlias = Callable[[Cell, Stage, Sequence[Problem]], Awaitable["Outcome"]]


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


def usable_cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


async def run_suite(
    cells: Sequence[Cell],
    stage: Stage,
    *,
    jobs: int,
    damaged: Mapping[str, Sequence[Problem]],
    done: Callable[[Outcome], None],
    begun: Callable[[Cell], None] = lambda _: None,
    run: RunCell | None = None,
    durations: Durations | None = None,
) -> list[Parity]:
    """Run cells, a number at once.

    Args:
        cells: What to run.
        stage: What all runs share.
        jobs: How many run at once; where it is several, the longest start first.
        damaged: By scenario, why its recording cannot be used.
        done: Told of each outcome, as it comes.
        begun: Told of each cell as it starts.
        run: Runs and judges one; `run_cell` unless told.
        durations: How long each took before, kept by whoever gives it; if nobody does, what is
            known of runs against recordings.

    Returns:
        The parity of each group of cells that differ in nothing but their client.
    """
    outcomes: dict[str, Outcome] = {}
    known = durations or Durations(stage.state)
    run = run or run_cell
    waiting = iter(known.longest_first(cells) if jobs > 1 else cells)

    async def worker() -> None:
        for cell in waiting:
            begun(cell)
            outcome = await run(cell, stage, damaged.get(cell.scenario.name, ()))
            outcomes[cell.id] = outcome
            done(outcome)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(jobs, len(cells))):
                group.create_task(worker())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None  # the first is what the user has to know of
    if durations is None:
        ended = {name: one.observation for name, one in outcomes.items() if one.observation}
        known.note({name: one.duration_ms for name, one in ended.items()})
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for cell in cells:
        groups.setdefault((cell.scenario.name, cell.model), []).append(outcomes[cell.id])
    return [compare(members) for members in groups.values()]


async def run_cell(cell: Cell, stage: Stage, damage: Sequence[Problem] = ()) -> Outcome:
    """Run and judge one cell; whatever is our own fault becomes an `error`."""
    if damage:
        fault = Fault(message=str(InvalidError(damage)), exit_code=2)
        return Outcome(cell=cell, sha256=None, verdict="error", fault=fault)
    sha256 = None
    try:
        sha256 = hashlib.sha256(stage.read(cell)).hexdigest()
        observation = await observe(cell, stage)
        judgement = judge(cell, observation)
    except InvalidError as error:
        fault = Fault(message=str(error), exit_code=2)
        return Outcome(cell=cell, sha256=sha256, verdict="error", fault=fault)
    except HarnessError as error:
        fault = Fault(message=error.message, remedy=error.remedy)
        return Outcome(cell=cell, sha256=sha256, verdict="error", fault=fault)
    except OSError as error:
        # What the system refuses us is no sample's fault, and must not end the other runs.
        reason = ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        fault = Fault(message=f"the run could not be made: {reason}", remedy=_remedy(error))
        return Outcome(cell=cell, sha256=sha256, verdict="error", fault=fault)
    return Outcome(
        cell=cell,
        sha256=sha256,
        verdict=judgement.verdict,
        findings=judgement.findings,
        not_evaluated=judgement.not_evaluated,
        observation=observation,
    )


def _remedy(error: OSError) -> str:
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return "run fewer at once (-j 1), or raise the limit of open files: ulimit -n 4096"
    if error.errno == errno.ENOSPC:
        return "free some disk space, then run it again"
    return "run: sampleproof doctor"


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
    verdict: Verdict = "fail" if findings else "skipped" if not_evaluated else "pass"
    first = outcomes[0].cell
    return Parity(
        scenario=first.scenario.name,
        model=first.model,
        clients=tuple(one.cell.client.name for one in outcomes),
        verdict=verdict,
        findings=tuple(findings),
        not_evaluated=tuple(not_evaluated),
    )


def _evidence(outcome: Outcome) -> Evidence:
    assert outcome.observation is not None  # noqa: S101
    return Evidence(cell=outcome.cell, observation=outcome.observation)


def exit_code(outcomes: Sequence[Outcome], parities: Sequence[Parity]) -> int:
    """The exit code of a run: 2, then 3, then 1."""
    faults = {one.fault.exit_code for one in outcomes if one.fault}
    if faults:
        return min(faults)
    verdicts = [one.verdict for one in outcomes] + [one.verdict for one in parities]
    return 1 if "fail" in verdicts else 0
