"""A live run: what answers the samples, when each has its turn, and what a failure is put down to."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.forward import Forward
from harness.gateway.held import Held
from harness.gateway.upstream import Patience
from harness.live.limits import Schedule, Turn
from harness.live.patient import Budget, Patient
from harness.live.permitted import Permitted
from harness.live.rooms import Rooms
from harness.live.scrubbed import Scrubbed
from harness.live.tap import Tap
from harness.live.target import asked_model
from harness.live.triage import ENDPOINTS, ends_all, is_unclear, may_be_too_much, triage
from harness.model.finding import Finding
from harness.model.problem import HarnessError
from harness.outcome import Fault, Outcome, alike
from harness.runner.durations import Durations
from harness.runner.gates import AsItComes
from harness.runner.run import observe
from harness.suite import run_cell

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from harness.gateway.responder import Request, Responder
    from harness.live.target import Target
    from harness.model.cell import Cell
    from harness.model.finding import Diagnosis
    from harness.model.observation import Answer, Observation
    from harness.model.problem import Problem
    from harness.runner.script import Script
    from harness.runner.source import See
    from harness.runner.stage import Stage

GUESS_S = 5.0
"""How long a sample may take that never ran against the endpoint."""

THINKING = 0.8
"""The part of a sample's time that an endpoint may take, so that the sample still gets to tell."""

TELLING_S = 10.0
"""More time than this no sample needs for that."""


class Live:
    """Runs samples against one endpoint."""

    def __init__(
        self,
        target: Target,
        state: Path,
        *,
        limit_s: float,
        budget_s: float,
        schedule: Schedule | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        around: Callable[[Cell, Responder], Responder] = lambda _, inner: inner,
    ) -> None:
        """Run against a target.

        Args:
            target: The endpoint.
            state: Where the project keeps what it makes for itself.
            limit_s: Seconds a sample may take, with all that it is kept waiting.
            budget_s: Seconds that all samples together may be kept waiting by a 429.
            schedule: Keeps to the limits; made for the target unless given.
            sleep: Waits for seconds.
            around: Wraps what asks the endpoint for a cell's sample.
        """
        self.target = target
        self.limit_s = limit_s
        """Seconds a sample may take in all."""
        name = _file_name(target.endpoint.url)
        self.schedule = schedule or Schedule(state / "live" / f"{name}.json", target.limits)
        self.durations = Durations(state, f"durations-{name}")
        self._budget = Budget(budget_s)
        self._sleep = sleep
        self._around = around
        self._turns: dict[str, Turn] = {}
        self._rooms = Rooms()
        self._has_answered = False
        self._one_at_a_time = False
        """Whether it has shown that it does not answer two at once."""
        self._in_vain: set[str] = set()
        """What has gone wrong for a sample that ran alone as well."""
        self._over: Diagnosis | None = None
        """Why nothing can come of the samples that are left."""

    def answering(self, cell: Cell, canary: str, see: See) -> Answering:
        """What answers a run of a cell that has its turn."""

        def sent(request: Request) -> Request:
            return self.target.sent(
                request, cell.operation, base_path=cell.endpoint.base_path, canary=canary
            )

        left = max(self.limit_s * THINKING, self.limit_s - TELLING_S)
        until = asyncio.get_running_loop().time() + left
        patience = Patience(connect_s=min(10.0, left / 2), head_s=left, until=until)
        patient = Patient(
            Forward(sent, patience=patience),
            schedule=self.schedule,
            turn=self._turns[cell.id],
            budget=self._budget,
            until=until,
            sleep=self._sleep,
        )
        tap = Tap(
            self._around(cell, Permitted(Scrubbed(patient, self.target.key), cell)),
            lambda request: asked_model(sent(request)),
            cell.operation,
            patient,
        )
        return Answering(Held(tap, AsItComes(cell.operation, cell.client), see), tap)

    async def observe(self, cell: Cell, stage: Stage, script: Script) -> Observation:
        """Run a cell's sample when it is its turn, and judge nothing.

        Raises:
            HarnessError: The run could not be made.
        """
        async with self.schedule.turn(requests_of(cell)) as turn:
            self._turns[cell.id] = turn
            return await observe(cell, stage.answered_by(self.answering), script)

    async def run_cell(self, cell: Cell, stage: Stage, damage: Sequence[Problem] = ()) -> Outcome:
        """Run a cell when it is its turn, and put a failure down to its cause."""
        if damage:  # it tells what a request and an answer should be
            return await run_cell(cell, stage, damage)
        try:
            outcome, beside_others = await self._tried(cell, stage, alone=self._one_at_a_time)
            if beside_others and may_be_too_much(outcome, has_answered=self._has_answered):
                outcome = await self._tried_alone(outcome, stage)
        except HarnessError as error:
            fault = Fault(message=error.message, remedy=error.remedy)
            return Outcome(cell=cell, sha256=None, verdict="error", fault=fault)
        if ends_all(outcome):
            self._over = self._over or outcome.diagnosis
        return outcome

    async def _tried_alone(self, broken: Outcome, stage: Stage) -> Outcome:
        """Run a cell again whose answer broke off while another ran."""
        assert broken.diagnosis is not None  # noqa: S101
        evidence = broken.diagnosis.evidence
        if alike(evidence) in self._in_vain:
            return broken
        outcome, _ = await self._tried(broken.cell, stage, alone=True)
        if outcome.verdict != "pass":
            self._in_vain.add(alike(evidence))
            return outcome
        self._one_at_a_time = True  # so that nothing breaks off any more
        return msgspec.structs.replace(outcome, findings=(*outcome.findings, _alone(evidence)))

    async def _tried(self, cell: Cell, stage: Stage, *, alone: bool) -> tuple[Outcome, bool]:
        """What comes of a cell when it is its turn, and whether others ran meanwhile."""
        if self._over is None:
            async with (
                self.schedule.turn(requests_of(cell)) as turn,
                self._rooms.enter(alone=alone) as stay,
            ):
                if self._over is None:
                    self._turns[cell.id] = turn
                    started = time.monotonic()
                    outcome = await run_cell(cell, stage.answered_by(self.answering))
                    took_ms = (time.monotonic() - started) * 1000
                    return await self._judged(outcome, took_ms, stage), stay.beside_others
        return _put_down(Outcome(cell=cell, sha256=None, verdict="error"), self._over), False

    async def _judged(self, outcome: Outcome, took_ms: float, stage: Stage) -> Outcome:
        """An outcome, with the cause to which a failure is put down."""
        answers = (outcome.observation.answers if outcome.observation else None) or ()
        self._has_answered |= any(not one.no_answer for one in answers)
        if outcome.verdict == "pass":
            self.durations.took(outcome.cell, took_ms)
        if outcome.observation is None or outcome.verdict != "fail":
            return outcome
        # Only what the sample made of a right answer needs the recording to tell whose fault it is.
        recorded = await run_cell(outcome.cell, stage) if is_unclear(outcome) else None
        return _put_down(outcome, triage(outcome, recorded, self.target))

    def plan(self, cells: Sequence[Cell], jobs: int) -> str:
        """How many requests cells would send, and how long that would take.

        Raises:
            HarnessError: They are more than the day's limit still allows.
        """
        requests = sum(map(requests_of, cells))
        ordered = list(self.durations.in_turn(cells)) if jobs > 1 else cells
        known = [(requests_of(cell), self.durations.of(cell)) for cell in ordered]
        seconds = self.schedule.predict(
            [(count, GUESS_S if took is None else took / 1000) for count, took in known], jobs
        )
        left = self.schedule.left_today()
        guess = ", by a guess" if any(took is None for _, took in known) else ""
        today = "" if left is None else f"; {left} are left of today's limit"
        total = f"{requests} request{'' if requests == 1 else 's'}"
        return f"{total}, about {_spoken(seconds)}{guess}{today}"

    def check_day(self, cells: Sequence[Cell]) -> None:
        """Make sure that a run can come to its end today.

        Raises:
            HarnessError: It cannot.
        """
        requests, left = sum(map(requests_of, cells)), self.schedule.left_today()
        if left is not None and requests > left:
            raise HarnessError(
                f"{requests} requests are needed, and {left} are left of the endpoint's limit for a day",
                "choose fewer samples, or try again tomorrow",
            )


class Answering:
    """What answers one run, and what it has answered."""

    def __init__(self, responder: Responder, tap: Tap) -> None:
        self.responder = responder
        self._tap = tap

    def answers(self) -> tuple[Answer, ...]:
        """What the endpoint has answered."""
        return self._tap.answers()


def _put_down(outcome: Outcome, found: Diagnosis) -> Outcome:
    """An outcome with its cause; where that kept the endpoint from answering, no sample's fault."""
    if found.cause in ENDPOINTS:
        fault = Fault(message=f"{found.cause}: {found.evidence}", remedy=found.remedy)
        outcome = msgspec.structs.replace(outcome, verdict="error", fault=fault)
    return msgspec.structs.replace(outcome, diagnosis=found)


def _alone(evidence: str) -> Finding:
    return Finding(
        check="answer.status",
        severity="warning",
        message=(
            "while another sample ran its answer broke off, and alone it came whole; "
            "the others now run one by one: run with -j 1"
        ),
        expected="an answer while others are under way",
        received=evidence,
    )


def _file_name(url: str) -> str:
    """A name for what is kept of an endpoint, different for each."""
    plain = "".join(c if c.isalnum() else "-" for c in url)[:80]
    return f"{plain}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def requests_of(cell: Cell) -> int:
    """How many requests a cell's sample sends."""
    return len(cell.recording.exchanges) if cell.recording else 1


def _spoken(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004
