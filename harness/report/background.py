"""The suite in a thread of its own, for a caller that asks for one outcome after another."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.kept import open_kept
from harness.model.root import find, named
from harness.model.selector import select
from harness.outcome import compare
from harness.report import explain
from harness.runner.asking import ask
from harness.runner.cores import usable_cores
from harness.runner.stage import Stage
from harness.suite import run_cell
from harness.toolchain.cache import made_state, state_folder
from harness.toolchain.ready import prepare_for
from harness.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from harness.model.cell import Cell
    from harness.model.project import Project
    from harness.outcome import Outcome


class Background:
    """Runs cells side by side, out of the way of whoever waits for them."""

    def __init__(self, root: Path, project: Project, cells: Sequence[Cell], jobs: int) -> None:
        """Take what may be asked for; nothing starts yet."""
        self.root = root
        self.project = project
        self.cells = list(cells)
        self.jobs = jobs
        inside = Path.cwd().is_relative_to(root)
        self._named = None if inside else Path(os.path.relpath(root))
        self._chosen: list[Cell] = []
        self._outcomes: dict[str, Future[Outcome]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stage: Stage | None = None

    @classmethod
    def open(
        cls, start: Path, folder: str | None, models: Sequence[str], jobs: int | None = None
    ) -> Background:
        """Open a project.

        Args:
            start: Where to look for it: in this folder, or above.
            folder: The project's, if the user named it.
            models: For which samples run; the default model, if there are none.
            jobs: How many run at once.

        Raises:
            InvalidError: There is none, or its files have problems which concern every cell.
        """
        root = named(Path(folder)) if folder else find(start)
        project = open_kept(root, state_folder(root), tolerant=True)
        return cls(root, project, select(project, root, models=models), jobs or usable_cores())

    def choose(self, cells: Sequence[Cell]) -> None:
        """Say which cells will be asked for; they start with the first question."""
        self._chosen = list(cells)

    def outcome(self, cell: Cell) -> Outcome:
        """Wait for a cell's outcome.

        Raises:
            HarnessError: The stage could not be set.
        """
        if self._loop is None:
            self._start()
        if cell.id not in self._outcomes:
            self._submit(cell)
        return self._outcomes[cell.id].result()

    def _start(self) -> None:
        state = made_state(self.root)
        toolchains = prepare_for(
            self.cells, self.project, self.root, state, lambda _: None, ask=ask
        )
        hosts = self.project.catalog.hosts
        self._stage = Stage(self.root, state, toolchains, hosts=hosts)
        self._stage.authority.prepare({cell.endpoint.host for cell in self.cells})
        self._loop = asyncio.new_event_loop()
        self._limit = asyncio.Semaphore(self.jobs)
        self._thread = threading.Thread(target=self._loop.run_forever, name="samples", daemon=True)
        self._thread.start()
        for cell in self._chosen:
            self._submit(cell)

    def _submit(self, cell: Cell) -> None:
        assert self._loop is not None  # noqa: S101
        self._outcomes[cell.id] = asyncio.run_coroutine_threadsafe(self._run(cell), self._loop)

    async def _run(self, cell: Cell) -> Outcome:
        assert self._stage is not None  # noqa: S101
        async with self._limit:
            return await run_cell(cell, self._stage, self.project.damage(cell))

    def explain(self, outcome: Outcome) -> list[str]:
        """Why an outcome is not a pass; empty if it is."""
        return list(explain.outcome(outcome, f"sampleproof run {outcome.cell.id}", self._typed))

    def parity(self, cell: Cell) -> list[str]:
        """How clients differ, if this cell is the last of its group and all of it ran here."""
        group = [
            one
            for one in self._chosen
            if (one.scenario.name, one.model) == (cell.scenario.name, cell.model)
        ]
        if len(group) < 2 or group[-1].id != cell.id:  # noqa: PLR2004
            return []
        compared = compare([self._outcomes[one.id].result() for one in group])
        rerun = f"sampleproof run '*/{cell.scenario.name}@{cell.model}'"
        return list(explain.parity(compared, rerun, self._typed))

    def _typed(self, text: str) -> str:
        return as_typed(text, self._named)

    def close(self) -> None:
        """End what is still running."""
        if self._loop is None or self._thread is None:
            return
        for future in self._outcomes.values():
            future.cancel()
        asyncio.run_coroutine_threadsafe(_settle(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()
        if self._stage is not None:
            self._stage.close()


async def _settle() -> None:
    """Let cancelled runs end."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    await asyncio.gather(*others, return_exceptions=True)
