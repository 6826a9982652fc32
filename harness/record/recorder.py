"""Runs samples against an endpoint, and makes recordings of what it answers them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from harness.checks.judge import judge
from harness.gateway.record import Record
from harness.live.run import Live
from harness.live.served import served_model
from harness.live.target import OWN
from harness.live.triage import NO_CONNECTION
from harness.model.problem import HarnessError
from harness.model.recording import Exchange, Provenance, Recording
from harness.model.secret import SHORTEST
from harness.outcome import Outcome
from harness.suite import unjudged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.gateway.record import Taken
    from harness.gateway.responder import Responder
    from harness.live.target import Target
    from harness.model.cell import Cell
    from harness.runner.stage import Stage

REST_S = 30.0
"""How long to listen to an answer that its sample has had enough of."""


class UnreachableError(HarnessError):
    """There is no connection to an endpoint, and so nothing will come of any sample."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one scenario."""

    outcome: Outcome
    """How the sample ran, judged by what it was answered."""
    recording: Recording | None
    """What may be kept; `None` if that is nothing."""
    left_out: tuple[str, ...]
    """What was answered and is not kept, and why."""


class Recorder:
    """Records what one endpoint answers."""

    def __init__(
        self,
        target: Target,
        state: Path,
        *,
        limit_s: float,
        budget_s: float,
        keep_failed: bool = False,
    ) -> None:
        """Record an endpoint.

        Args:
            target: The endpoint.
            state: Where the project keeps what it makes for itself.
            limit_s: Seconds a sample may take.
            budget_s: Seconds that all samples may be kept waiting, where the endpoint asks for it.
            keep_failed: Whether errors, and answers that broke off, are kept as well.
        """
        self._target = target
        self._keep_failed = keep_failed
        self._records: dict[str, Record] = {}
        self._served: dict[str, str] = {}
        """By the model that was asked for: what the endpoint says of it."""
        self.live = Live(target, state, limit_s=limit_s, budget_s=budget_s, around=self._around)

    def _around(self, cell: Cell, inner: Responder) -> Responder:
        self._records[cell.id] = Record(inner)
        return self._records[cell.id]

    async def record(self, cell: Cell, stage: Stage) -> Made:
        """Run one sample, and record what it is answered.

        Raises:
            UnreachableError: There is no connection to the endpoint.
            HarnessError: The run could not be made, or the endpoint gave no answer at all.
            InvalidError: The sample's file is missing.
        """
        script = stage.script(cell)
        observation = await self.live.observe(cell, stage, script)
        await self._records[cell.id].settle(REST_S)
        taken = self._records[cell.id].taken
        answered = [one for one in taken if one.response is not None]
        if not answered:
            why = next((one.missing for one in taken if one.missing), "the sample sent no request")
            causes = {one.no_answer.cause for one in taken if one.no_answer}
            error = UnreachableError if causes & NO_CONNECTION else HarnessError
            raise error(f"{cell.id}: nothing to record: {why}", _remedy(cell, self._target))
        asked = observation.answers[0].model if observation.answers else ""
        if asked and asked not in self._served:
            self._served[asked] = await served_model(self._target, asked)
        model = self._served.get(asked, "")
        # The sample is judged by all that it was answered, errors too.
        every = self._recording(cell, stage, answered, model)
        judged = msgspec.structs.replace(cell, recording=every)
        judgement = judge(judged, observation)
        kept = [one for one in answered if self._keep_failed or _is_good(one, cell)]
        return Made(
            outcome=Outcome(
                cell=judged,
                sha256=script.sha256,
                verdict=judgement.verdict,
                fault=unjudged(judged, judgement, live=True),
                findings=judgement.findings,
                not_evaluated=judgement.not_evaluated,
                observation=observation,
            ),
            recording=self._recording(cell, stage, kept, model) if kept else None,
            left_out=tuple(_why(one, cell) for one in taken if one not in kept),
        )

    def _recording(self, cell: Cell, stage: Stage, taken: Iterable[Taken], model: str) -> Recording:
        endpoint = self._target.endpoint
        return Recording(
            scenario=cell.scenario.name,
            file=f"samples/recordings/{cell.scenario.name}.yaml",
            provenance=Provenance(
                how="recorded",
                on=date.today().isoformat(),  # noqa: DTZ011  (the user's own day)
                endpoint=endpoint.url if endpoint.name == OWN else endpoint.name,
                model=model,
                client=cell.client.name,
                versions=dict(stage.ready(cell).versions),
            ),
            exchanges=tuple(_exchange(one, cell) for one in taken),
        )


def is_secret(key: str) -> bool:
    """Whether a key is one: a shorter one might stand in any text."""
    return len(key) >= SHORTEST


def one_each(cells: Sequence[Cell]) -> list[Cell]:
    """The first cell of each scenario: a recording serves every client and model alike."""
    return list({cell.scenario.name: cell for cell in reversed(cells)}.values())[::-1]


def _exchange(taken: Taken, cell: Cell) -> Exchange:
    assert taken.response is not None  # noqa: S101
    path = taken.request.path.removeprefix(cell.endpoint.base_path)
    response = taken.response
    if response.ending == "complete" and cell.operation.reply(response).kind == "cut":
        response = msgspec.structs.replace(response, ending="cut")
    return Exchange(method=taken.request.method, path=path, response=response)


def _is_good(taken: Taken, cell: Cell) -> bool:
    return taken.response is not None and not cell.operation.reply(taken.response).trouble


def _why(taken: Taken, cell: Cell) -> str:
    """Why an exchange is not kept."""
    if taken.response is None:
        return taken.missing
    return cell.operation.reply(taken.response).trouble


def _remedy(cell: Cell, target: Target) -> str:
    endpoint = target.endpoint
    if endpoint.retired:
        return f"{endpoint.title} was retired on {endpoint.retired}: name another endpoint"
    return f"is {endpoint.url} there? does {cell.path} run? try: sampleproof run {cell.id}"
