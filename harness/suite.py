"""The suite: many cells run side by side, each judged, then clients held against one another."""

from __future__ import annotations

import errno
import hashlib
import os
from typing import TYPE_CHECKING

import msgspec

from harness.checks import parity
from harness.checks.check import REQUEST_CHECKS, Evidence
from harness.model.cell import Cell
from harness.model.finding import Diagnosis, Finding, Verdict
from harness.model.observation import Observation
from harness.model.problem import HarnessError, InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from harness.gathering import Gathering
    from harness.memory.memory import Memory
    from harness.runner.durations import Durations
    from harness.runner.stage import Stage

    RunCell: TypeAlias = Callable[[Cell, Stage, Sequence[Problem]], Awaitable["Outcome"]]

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


def usable_cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


async def run_suite(
    cells: Iterable[Cell],
    stage: Stage,
    gathering: Gathering,
    *,
    jobs: int,
    damaged: Mapping[str, Sequence[Problem]],
    durations: Durations | None = None,
    memory: Memory | None = None,
    run: RunCell | None = None,
) -> None:
    """Run cells, a number at once, unless they are remembered.

    Args:
        cells: What to run, in this order.
        stage: What all runs share.
        gathering: Takes each outcome, as it comes.
        jobs: How many run at once.
        damaged: By scenario, why its recording cannot be used.
        durations: Takes how long each run was, if anybody wants to know.
        memory: What earlier calls have proved, if that counts; takes what this one proves.
        run: Runs and judges one; `run_cell` unless told.
    """
    import asyncio

    waiting = iter(cells)
    run = run or run_cell

    async def worker() -> None:
        for cell in waiting:
            outcome = memory.recall(cell) if memory else None
            if outcome is None:
                gathering.audience.begun(cell)
                outcome = await run(cell, stage, damaged.get(cell.scenario.name, ()))
                if memory:
                    memory.keep(outcome)
                if outcome.observation and durations:
                    durations.took(cell, outcome.observation.duration_ms)
            gathering.add(outcome)
            await asyncio.sleep(0)  # so that what is remembered holds up no run

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(worker())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None  # the first is what the user has to know of


async def run_cell(cell: Cell, stage: Stage, damage: Sequence[Problem] = ()) -> Outcome:
    """Run and judge one cell; whatever is our own fault becomes an `error`."""
    from harness.checks.judge import judge
    from harness.runner.run import observe

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


def exit_code(outcomes: Iterable[Outcome], parities: Iterable[Parity]) -> int:
    """The exit code of a run: 2, then 3, then 1."""
    faults = [one.fault.exit_code for one in outcomes if one.fault]
    verdicts = [one.verdict for one in outcomes] + [one.verdict for one in parities]
    return worst([*faults, 1 if "fail" in verdicts else 0])


def worst(codes: Iterable[int]) -> int:
    """Of exit codes, the one that counts."""
    return min(codes, key=PRECEDENCE.index, default=0)
