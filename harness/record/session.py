"""One call of `record`: toolchains made ready, samples run, recordings offered, the user told."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from harness import interruption
from harness.model.problem import InvalidError
from harness.printer import complain, say
from harness.record.recorder import UnreachableError, is_secret
from harness.report import explain
from harness.runner.asking import ask
from harness.runner.stage import Stage
from harness.suite import fault_of
from harness.toolchain.cache import made_state
from harness.toolchain.ready import prepare_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from harness.live.target import Target
    from harness.model.cell import Cell
    from harness.model.project import Project
    from harness.record.recorder import Made, Recorder
    from harness.record.shelf import Offered, Shelf
    from harness.runner.boot import Booting

OK, FAIL, INVALID, HARNESS, STALE = 0, 1, 2, 3, 4
WORST_FIRST = (INVALID, HARNESS, FAIL, STALE, OK)

TOLD = {
    "new": "recorded",
    "same": "nothing has changed",
    "replaced": "recorded; it replaces the one before",
    "waiting": "differs from the recording that is there, which stays",
}


class Session:
    """What one call of `record` was asked for."""

    def __init__(
        self,
        *,
        root: Path,
        project: Project,
        endpoint: str,
        target: Target,
        recorder: Recorder,
        shelf: Shelf,
        accept: bool,
        keep_failed: bool,
        seal: bool,
        typed: Callable[[str], str],
        starter: Booting | None = None,
    ) -> None:
        """Take what was asked for.

        Args:
            root: The project's root.
            project: What it says.
            endpoint: How the user named the endpoint.
            target: The endpoint.
            recorder: Runs samples against it.
            shelf: Takes recordings.
            accept: Whether they replace those that are there.
            keep_failed: Whether those of a sample that fails are kept as well.
            seal: Whether runs are sealed, where that is possible.
            typed: Puts commands into the words that the user can type.
            starter: One that has been started already.
        """
        self.root = root
        self.project = project
        self.endpoint = endpoint
        self.target = target
        self.recorder = recorder
        self.shelf = shelf
        self.accept = accept
        self.keep_failed = keep_failed
        self.seal = seal
        self.typed = typed
        self.starter = starter
        self._is_over = False
        """Whether nothing can come of the samples that are left."""

    def run(self, cells: Sequence[Cell]) -> int:
        """Record what answers some cells, one after the other so that nothing disturbs the times.

        Returns:
            The exit code.

        Raises:
            HarnessError: The stage could not be set.
        """
        state = made_state(self.root)
        clients = {cell.client.name: cell.client for cell in cells}
        toolchains = prepare_all(
            clients.values(), self.root, state, lambda text: say(text, err=True), ask=ask
        )
        stage = Stage(
            self.root,
            state,
            toolchains,
            self.recorder.live.limit_s,
            self.starter,
            seal=self.seal,
            hosts=self.project.catalog.hosts,
        )
        try:
            stage.authority.prepare({cell.endpoint.host for cell in cells})
            codes = []
            for number, cell in enumerate(cells):
                codes.append(interruption.run(self._one(cell, stage)))
                left = [one.scenario.name for one in cells[number + 1 :]]
                if self._is_over and left:
                    complain(f"not recorded either, as nobody can be asked: {', '.join(left)}")
                    break
        finally:
            stage.close()
        return worst(codes)

    async def _one(self, cell: Cell, stage: Stage) -> int:
        name = cell.scenario.name
        say(f"{name}: asking {self.target.endpoint.title} with the sample {cell.id}")
        try:
            made = await self.recorder.record(cell, stage)
            return self._settle(cell, made)
        except InvalidError as error:
            for problem in error.told():
                complain(self.typed(str(problem)))
            complain(f"{name}: not recorded")
            return INVALID
        except Exception as error:  # noqa: BLE001  (the others are recorded all the same)
            self._is_over = isinstance(error, UnreachableError)
            fault = fault_of(error)
            complain(self.typed("\n  ".join(filter(None, (fault.message, fault.remedy)))))
            complain(f"{name}: not recorded")
            return HARNESS

    def _settle(self, cell: Cell, made: Made) -> int:
        name, outcome = cell.scenario.name, made.outcome
        for why in made.left_out:
            say(f"  left out: {why}")
        rerun = shlex.join(["sampleproof", "run", "--live", self.endpoint, cell.id])
        for line in explain.outcome(outcome, rerun, self.typed):
            say(f"  {line}")
        failed = outcome.verdict != "pass"
        code = FAIL if outcome.verdict == "fail" else HARNESS
        if made.recording is None:
            complain(
                f"{name}: not recorded: no answer came whole and without an error\n"
                "  keep it all the same with --keep-failed"
            )
            return HARNESS
        if failed and not self.keep_failed:
            asks = "the sample does not do what its scenario asks"
            why = asks if outcome.fault is None else "it would prove too little"
            complain(f"{name}: not recorded: {why}\n  keep it all the same with --keep-failed")
            return code
        assert outcome.observation is not None  # noqa: S101
        secrets = [outcome.observation.canary, self.target.key]
        offered = self.shelf.offer(
            made.recording, accept=self.accept, known=[one for one in secrets if is_secret(one)]
        )
        told = tell([offered], self.typed)
        return code if failed else told


def tell(every: Iterable[Offered], typed: Callable[[str], str]) -> int:
    """Say what became of recordings.

    Returns:
        The exit code.
    """
    codes = [OK]
    for one in every:
        say(f"{one.scenario}: {TOLD[one.state]}")
        for change in one.changes:
            say(f"  {change.kind}: {change.message}")
        if one.state == "waiting":
            take = f"sampleproof record --accept --scenario {shlex.quote(one.scenario)}"
            say(f"  take it with: {typed(take)}")
            codes.append(STALE)
    return worst(codes)


def worst(codes: Iterable[int]) -> int:
    """The one code that stands for several."""
    return min(codes, key=WORST_FIRST.index, default=OK)
