"""The suite: many cells run side by side, each judged."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

import msgspec

from harness.checks.judge import judge
from harness.model.problem import HarnessError, InvalidError
from harness.model.unexpected import describe
from harness.outcome import Fault, Outcome
from harness.runner.asking import ask
from harness.runner.run import observe
from harness.toolchain.ready import check

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from typing import TypeAlias

    from harness.checks.judge import Judgement
    from harness.gathering import Gathering
    from harness.memory.memory import Memory
    from harness.model.cell import Cell
    from harness.model.problem import Problem
    from harness.runner.durations import Durations
    from harness.runner.stage import Stage

    RunCell: TypeAlias = Callable[[Cell, Stage, Sequence[Problem]], Awaitable[Outcome]]

REPORT = "please report this"


async def run_suite(
    cells: Iterable[Cell],
    stage: Stage,
    gathering: Gathering,
    *,
    jobs: int,
    damage: Callable[[Cell], Sequence[Problem]] = lambda _: (),
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
        damage: Why a cell cannot run, if it cannot.
        durations: Takes how long each run was, if anybody wants to know.
        memory: What earlier calls have proved, if that counts; takes what this one proves.
        run: Runs and judges one; `run_cell` unless told.

    Raises:
        HarnessError: An outcome could not be told, which is known when all others have been.
    """
    waiting = iter(cells)
    work = _Work(stage, gathering, damage, durations, memory, run or run_cell)

    async def worker() -> None:
        for cell in waiting:
            work.tell(await work.outcome(cell))
            await asyncio.sleep(0)  # so that what is remembered holds up no run

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(worker())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None  # the first is what the user has to know of
    if work.untold:
        raise work.untold[0]


class _Work:
    """What is done with each cell of a suite."""

    def __init__(
        self,
        stage: Stage,
        gathering: Gathering,
        damage: Callable[[Cell], Sequence[Problem]],
        durations: Durations | None,
        memory: Memory | None,
        run: RunCell,
    ) -> None:
        self._stage = stage
        self._gathering = gathering
        self._damage = damage
        self._durations = durations
        self._memory = memory
        self._run = run
        self.untold: list[HarnessError] = []
        """Why outcomes could not be told."""

    async def outcome(self, cell: Cell) -> Outcome:
        """What comes of a cell: whatever is raised is its own `error`, and ends no other."""
        try:
            outcome = self._memory.recall(cell) if self._memory else None
            if outcome is None:
                self._gathering.audience.begun(cell)
                damage = self._damage(cell)
                outcome = await self._run(cell, self._stage, damage)
                if self._memory:
                    self._memory.keep(outcome)
                if outcome.observation and self._durations:
                    self._durations.took(cell, outcome.observation.duration_ms)
        except Exception as error:  # noqa: BLE001
            return Outcome(cell=cell, sha256=None, verdict="error", fault=fault_of(error))
        return outcome

    def tell(self, outcome: Outcome) -> None:
        """Tell of an outcome; if that fails, the others are told all the same.

        Raises:
            OSError: Nothing more can be told.
        """
        try:
            self._gathering.add(outcome)
        except (OSError, HarnessError, InvalidError):
            raise
        except Exception as error:  # noqa: BLE001
            message = f"what came of {outcome.cell.id} could not be told: {describe(error)}"
            self.untold.append(HarnessError(message, REPORT))


async def run_cell(cell: Cell, stage: Stage, damage: Sequence[Problem] = ()) -> Outcome:
    """Run and judge one cell; whatever is our own fault becomes an `error`."""
    sha256 = None
    try:
        if damage:
            raise InvalidError(damage)  # noqa: TRY301
        script = stage.script(cell)
        sha256 = script.sha256
        observation = await observe(cell, stage, script)
        judgement = judge(cell, observation)
        if judgement.verdict == "fail":
            await asyncio.to_thread(check, cell.client, stage.ready(cell), ask)
    except Exception as error:  # noqa: BLE001
        # Whatever it is: it is no sample's fault, and must not end the other runs.
        return Outcome(cell=cell, sha256=sha256, verdict="error", fault=fault_of(error))
    outcome = Outcome(
        cell=cell,
        sha256=sha256,
        verdict=judgement.verdict,
        fault=unjudged(cell, judgement, live=observation.answers is not None),
        findings=judgement.findings,
        not_evaluated=judgement.not_evaluated,
        observation=observation,
    )
    if judgement.verdict != "fail":
        return outcome
    kept = observation.shortened(requests=not outcome.requests_stand)
    return msgspec.structs.replace(outcome, observation=kept)


def fault_of(error: Exception) -> Fault:
    """What a failure means for a cell: that there is no verdict, and why."""
    if isinstance(error, InvalidError):
        return Fault(message=str(error), exit_code=2)
    if isinstance(error, HarnessError):
        return Fault(message=error.message, remedy=error.remedy)
    if isinstance(error, OSError):
        reason = ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        reason = reason or describe(error)
        return Fault(message=f"the run could not be made: {reason}", remedy=_remedy(error))
    return Fault(message=f"there is no verdict: {describe(error)}", remedy=REPORT)


def unjudged(cell: Cell, judgement: Judgement, *, live: bool) -> Fault | None:
    """Why there is no verdict where no check failed: it is what answered that proves too little."""
    if not judgement.unjudged:
        return None
    if live:
        remedy = "try it again, or another endpoint"
        return Fault(
            message=f"the endpoint's answer proves too little: {judgement.unjudged}", remedy=remedy
        )
    file = cell.recording.file if cell.recording else "its recording"
    message = f"{file}: this recording proves too little: {judgement.unjudged}"
    return Fault(message=message, remedy="see what is wrong with: sampleproof check", exit_code=2)


def _remedy(error: OSError) -> str:
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return "run fewer at once (-j 1), or raise the limit of open files: ulimit -n 4096"
    if error.errno == errno.ENOSPC:
        return "free some disk space, then run it again"
    return "run: sampleproof doctor"
