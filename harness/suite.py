"""The suite: many cells run side by side, each judged."""

from __future__ import annotations

import asyncio
import errno
import hashlib
from typing import TYPE_CHECKING

from harness.checks.judge import judge
from harness.model.problem import HarnessError, InvalidError
from harness.outcome import Fault, Outcome
from harness.runner.run import observe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from harness.gathering import Gathering
    from harness.memory.memory import Memory
    from harness.model.cell import Cell
    from harness.model.problem import Problem
    from harness.runner.durations import Durations
    from harness.runner.stage import Stage

    RunCell: TypeAlias = Callable[[Cell, Stage, Sequence[Problem]], Awaitable[Outcome]]


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
