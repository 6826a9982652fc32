"""One call of `run`: toolchains made ready, cells run, the report written, the user told."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click

from harness.model.problem import HarnessError
from harness.report import line, ndjson
from harness.report.screen import Screen
from harness.runner.stage import Stage
from harness.suite import exit_code, run_suite
from harness.toolchain.ready import prepare_all
from harness.toolchain.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.model.cell import Cell
    from harness.model.project import Project
    from harness.runner.boot import Booting
    from harness.suite import Outcome, Parity
    from harness.toolchain.ready import Ready


class Session:
    """What one call of `run` was asked for."""

    def __init__(
        self,
        *,
        root: Path,
        project: Project,
        report: Path,
        jobs: int,
        limit_s: float,
        rerun: Callable[[str], str],
        starter: Booting | None = None,
    ) -> None:
        """Take what was asked for.

        Args:
            root: The project's root.
            project: What it says.
            report: The report's folder.
            jobs: How many samples run at once.
            limit_s: Seconds a sample may take.
            rerun: Gives the command that runs just what it is given.
            starter: One that has been started already.
        """
        self.root = root
        self.project = project
        self.report = report
        self.jobs = jobs
        self.limit_s = limit_s
        self.rerun = rerun
        self.starter = starter

    def run(self, cells: Sequence[Cell]) -> int:
        """Run cells and tell of them.

        Returns:
            The exit code.

        Raises:
            HarnessError: The stage could not be set.
        """
        started = time.monotonic()
        state = state_folder(self.root)
        clients = {cell.client.name: cell.client for cell in cells}
        toolchains = prepare_all(clients.values(), self.root, state, _announce)
        writer = ndjson.Writer(
            self.report, line.header(len(cells), _versions(toolchains)), [cell.id for cell in cells]
        )
        screen = Screen(cells, self.rerun)
        try:
            stage = Stage(self.root, state, toolchains, self.limit_s, self.starter)
            try:
                outcomes, parities = asyncio.run(self._run(cells, stage, writer, screen))
            finally:
                stage.close()
            code = exit_code(outcomes, parities)
            writer.finish(code, (time.monotonic() - started) * 1000)
        except BaseException:
            writer.abandon()
            raise
        finally:
            screen.close()
        from harness.report import junit  # not before anything runs

        junit.write(self.report, ndjson.read(writer.path))
        screen.summary(parities, self.project.catalog.endpoint, writer.path)
        return code

    async def _run(
        self, cells: Sequence[Cell], stage: Stage, writer: ndjson.Writer, screen: Screen
    ) -> tuple[list[Outcome], list[Parity]]:
        outcomes: list[Outcome] = []

        def done(outcome: Outcome) -> None:
            writer.cell(line.cell(outcome))
            screen.outcome(outcome)
            outcomes.append(outcome)

        hosts = {cell.endpoint.host for cell in cells}
        stage.authority.prepare(hosts)
        parities = await run_suite(
            cells,
            stage,
            jobs=self.jobs,
            damaged=self.project.damaged,
            done=done,
            begun=screen.begun,
        )
        for one in parities:
            writer.parity(line.parity(one))
        return outcomes, parities


def _versions(toolchains: dict[str, Ready | HarnessError]) -> dict[str, dict[str, str]]:
    return {
        client: {} if isinstance(ready, HarnessError) else ready.versions
        for client, ready in toolchains.items()
    }


def _announce(text: str) -> None:
    click.echo(text, err=True)
