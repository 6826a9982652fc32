"""One call of `run`: toolchains made ready, cells run, the report written, the user told."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Literal

import click

from harness.model.basis import Digests
from harness.model.problem import HarnessError
from harness.report import line, ndjson
from harness.report.screen import Screen
from harness.runner.stage import Stage
from harness.suite import exit_code, run_suite
from harness.toolchain.ready import prepare_all
from harness.toolchain.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.model.cell import Cell
    from harness.model.project import Project
    from harness.runner.boot import Booting
    from harness.runner.stage import Isolation
    from harness.suite import Outcome, Parity
    from harness.toolchain.ready import Ready


Sealing = Literal["possible", "required", "off"]


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
        seal: Sealing,
        isolation: Isolation,
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
            seal: Whether runs are to be sealed: where possible, in any case, or not at all.
            isolation: A new interpreter for each sample, or a fork of one.
            rerun: Gives the command that runs just what it is given.
            starter: One that has been started already.
        """
        self.root = root
        self.project = project
        self.report = report
        self.jobs = jobs
        self.limit_s = limit_s
        self.seal = seal
        self.isolation = isolation
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
        stage = self._stage(state, toolchains)
        try:
            header = line.header(len(cells), _versions(toolchains), stage.unsealed)
            writer = ndjson.Writer(self.report, header, [cell.id for cell in cells])
            screen = Screen(cells, self.rerun)
            try:
                outcomes, parities = asyncio.run(self._run(cells, stage, writer, screen))
                code = exit_code(outcomes, parities)
                writer.finish(code, (time.monotonic() - started) * 1000)
            except BaseException:
                writer.abandon()
                raise
            finally:
                screen.close()
        finally:
            stage.close()
        from harness.report import junit  # not before anything runs

        junit.write(self.report, ndjson.read(writer.path))
        screen.summary(parities, self.project.catalog.endpoint, writer.path)
        if stage.unsealed and self.seal != "off":
            click.echo(f"Not sealed: {stage.unsealed}. Allow it with: {_remedy()}", err=True)
        return code

    def _stage(self, state: Path, toolchains: Mapping[str, Ready | HarnessError]) -> Stage:
        """Set the stage.

        Raises:
            HarnessError: It could not be set, or runs must be sealed and cannot be.
        """
        stage = Stage(
            self.root,
            state,
            toolchains,
            self.limit_s,
            self.starter,
            seal=self.seal != "off",
            isolation=self.isolation,
            hosts=self.project.catalog.hosts,
        )
        if stage.unsealed and self.seal == "required":
            stage.close()
            raise HarnessError(f"runs cannot be sealed here: {stage.unsealed}", _remedy())
        return stage

    async def _run(
        self, cells: Sequence[Cell], stage: Stage, writer: ndjson.Writer, screen: Screen
    ) -> tuple[list[Outcome], list[Parity]]:
        outcomes: list[Outcome] = []
        digests = Digests(self.root)  # now, since files may change while samples run
        basis = {cell.id: digests.basis(cell) for cell in cells}

        def done(outcome: Outcome) -> None:
            writer.cell(line.cell(outcome, basis[outcome.cell.id]))
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


def _remedy() -> str:
    from harness.runner.allowance import remedy

    return remedy()


def _announce(text: str) -> None:
    click.echo(text, err=True)
