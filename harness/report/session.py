"""One call of `run`: toolchains made ready, cells run, the report written, the user told."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from copy import copy
from typing import TYPE_CHECKING, Literal

from harness import interruption
from harness.gathering import Gathering
from harness.interruption import Interrupted
from harness.memory.memory import Memory
from harness.model import files
from harness.model.basis import Digests
from harness.model.basis import files as resting_on
from harness.model.kept import check_unchanged
from harness.model.problem import HarnessError
from harness.printer import say
from harness.report import line, ndjson
from harness.report.estimate import Estimate
from harness.report.screen import Screen
from harness.report.teller import Teller
from harness.runner.asking import ask
from harness.runner.durations import Durations
from harness.runner.switches import NOT_ASKED
from harness.toolchain.cache import made_state
from harness.toolchain.ready import prepare_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.live.run import Live
    from harness.model.cell import Cell
    from harness.model.project import Project
    from harness.report.shard import Shard
    from harness.runner.boot import Booting
    from harness.runner.stage import Isolation, Stage
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
        typed: Callable[[str], str],
        cache: bool,
        shard: Shard | None = None,
        live: Live | None = None,
        node: str | None = None,
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
            typed: Puts commands into the words that the user can type.
            cache: Whether what has passed before is answered from memory.
            shard: Which part of a whole run it is.
            live: What to run against in place of recordings; nothing is then answered from memory.
            node: The Node version to use, whatever is on PATH.
        """
        self.root = root
        self.project = project
        self.report = report
        self.jobs = jobs
        self.limit_s = limit_s
        self.seal = seal
        self.isolation = isolation
        self.rerun = rerun
        self.typed = typed
        self.cache = cache
        self.shard = shard
        self.live = live
        self.node = node
        self.toolchains: Mapping[str, Ready | HarnessError] = {}
        """By client: what its samples run with; known once they run."""
        self.newest = False
        """Whether those are the newest packages, and not what locks pin."""

    def with_newest(self, toolchains: Mapping[str, Ready | HarnessError], report: Path) -> Session:
        """The same, but with the newest packages in place of those that are pinned.

        Args:
            toolchains: By client: its newest packages.
            report: Where the report goes.
        """
        other = copy(self)
        other.toolchains, other.report, other.newest = toolchains, report, True
        return other

    def run(self, cells: Sequence[Cell]) -> int:
        """Run cells and tell of them.

        Returns:
            The exit code.

        Raises:
            InvalidError: The report's folder leads elsewhere.
            HarnessError: The stage could not be set, or the report cannot be written.
            Interrupted: This process was asked to end; what had ended by then is in the report,
                which has no footer.
        """
        started = time.monotonic()
        self._within = files.bounds(self.report / ndjson.NAME, self.root)
        files.check((self.report / name for name in (ndjson.NAME, "junit.xml")), self._within)
        self._prepare(cells)
        remembered = self._memory is not None and self._memory.holds(cells)
        stage = None if remembered else self._stage(cells)
        unsealed = (stage.unsealed if stage else self._memory and self._memory.unsealed) or ""
        try:
            endpoint = self.live.target.endpoint if self.live else None
            header = line.header(
                len(cells),
                _versions(self.toolchains),
                unsealed,
                self.shard,
                endpoint,
                newest=self.newest,
            )
            digests = self._digests(cells)
            writer = ndjson.Writer(self.report, header, ndjson.order(cells), self._within)
            estimate = Estimate(cells, self._durations)
            screen = Screen(cells, self.rerun, self.typed, estimate, live=not remembered)
            teller = Teller(writer, screen, digests)
            early = self._answer_all(cells, stage, teller)
        finally:
            if stage:
                stage.close()
            self._durations.save()
            if self._memory:
                self._memory.close()
        report: Path | None = writer.path
        try:
            self._write(writer, None if early else teller.exit_code, time.monotonic() - started)
        except HarnessError as error:
            early = early or error
            report = None
        screen.summary(self.project.catalog.endpoint, report, endpoint)
        if isinstance(early, KeyboardInterrupt):
            why = "the report is incomplete" if report else "there is no report"
            raise Interrupted(f"{screen.how_far()}; {why}")
        if early is not None:
            raise early
        for client, reason in (stage.not_forked if stage else {}).items():
            say(f"Not forked: samples of {client}, since {reason}.", err=True)
        if unsealed and self.seal != "off":
            say(f"Not sealed: {unsealed}. Allow it with: {_remedy()}", err=True)
        return teller.exit_code

    def _digests(self, cells: Sequence[Cell]) -> Digests:
        """The checksums of what verdicts will rest on: now, since files may change while samples run.

        Raises:
            HarnessError: Something is no longer what the project, or a toolchain, was made from.
        """
        digests = Digests(self.root)
        for cell in cells:
            digests.basis(cell)
        check_unchanged(
            self.project, self.root, sorted({p for cell in cells for p in resting_on(cell)})
        )
        return digests

    def _prepare(self, cells: Sequence[Cell]) -> None:
        self._state = made_state(self.root)
        if not self.newest:
            self.toolchains = prepare_for(
                cells, self.project, self.root, self._state, announce, self.node, ask
            )
        self._memory = None if self.live else self._open_memory()
        self._durations = self.live.durations if self.live else Durations(self._state)

    def _answer_all(
        self, cells: Sequence[Cell], stage: Stage | None, teller: Teller
    ) -> HarnessError | KeyboardInterrupt | None:
        """Have all cells answered, as far as that goes.

        Returns:
            Why not all of them were; what was told by then can be shown.

        Raises:
            HarnessError: None of them was.
        """
        try:
            self._answer(cells, stage, Gathering(cells, teller))
        except (HarnessError, KeyboardInterrupt) as error:
            if isinstance(error, HarnessError) and not teller.told:
                teller.writer.abandon()
                raise
            return error
        except BaseException:
            teller.writer.abandon()
            raise
        finally:
            teller.screen.close()
        return None

    def _write(self, writer: ndjson.Writer, exit_code: int | None, duration_s: float) -> None:
        """Put the report in its place, and what is drawn from it.

        Args:
            writer: Has the report.
            exit_code: The run's; `None` if it was ended before it was done.
            duration_s: How long it took.

        Raises:
            HarnessError: Something cannot be written.
        """
        from harness.report import junit  # not before anything runs

        if exit_code is None:
            writer.break_off()
            junit.remove(self.report, self._within)
        else:
            writer.finish(exit_code, duration_s * 1000)
            junit.write(self.report, ndjson.lines(writer.path), self._within)

    def _open_memory(self) -> Memory:
        memory = Memory(
            self.root,
            self._state,
            self.project,
            self.toolchains,
            isolation=self.isolation,
            limit_s=self.limit_s,
            unsealed=NOT_ASKED if self.seal == "off" else None,
            answers=self.cache,
        )
        if self.seal == "required" and memory.unsealed:
            memory.unsealed = None  # it has changed, or the run ends soon
        return memory

    def _answer(self, cells: Sequence[Cell], stage: Stage | None, gathering: Gathering) -> None:
        """Answer cells from memory if no stage is set; run the others."""
        if stage is None:
            cells = [cell for cell in cells if not self._recalled(cell, gathering)]
            if not cells:
                return
            # Another call has removed what was there a moment ago.
            known = self._memory.unsealed if self._memory else None
            stage = self._stage(cells)
            with closing(stage):
                if stage.unsealed != known:
                    message = "whether runs can be sealed has changed while results were read"
                    raise HarnessError(message, "run it again")
                self._perform(cells, stage, gathering)
        else:
            self._perform(cells, stage, gathering)

    def _recalled(self, cell: Cell, gathering: Gathering) -> bool:
        outcome = self._memory.recall(cell) if self._memory else None
        if outcome is not None:
            gathering.add(outcome)
        return outcome is not None

    def _perform(self, cells: Sequence[Cell], stage: Stage, gathering: Gathering) -> None:
        from harness.suite import run_suite

        live = self.live
        jobs = min(live.schedule.at_once(self.jobs) if live else self.jobs, len(cells))
        stage.authority.prepare({cell.endpoint.host for cell in cells})
        interruption.run(
            run_suite(
                self._durations.in_turn(cells) if jobs > 1 else cells,
                stage,
                gathering,
                jobs=jobs,
                damage=self.project.damage,
                durations=None if live else self._durations,
                memory=self._memory,
                run=live.run_cell if live else None,
            )
        )

    def _stage(self, cells: Sequence[Cell]) -> Stage:
        """Set the stage for cells.

        Raises:
            HarnessError: It could not be set, or runs must be sealed and cannot be.
        """
        from harness.runner.boot import boot

        # They come up while all else is imported.
        starter = boot()
        forking: dict[str, Booting] = {}
        try:
            self._boot_forking(cells, forking)
            from harness.runner.stage import Stage

            stage = Stage(
                self.root,
                self._state,
                self.toolchains,
                self.live.limit_s if self.live else self.limit_s,
                starter,
                seal=self.seal != "off",
                isolation=self.isolation,
                forking=forking,
                hosts=self.project.catalog.hosts,
                apart=self.newest,
            )
        except BaseException:
            for one in (starter, *forking.values()):
                one.close()
            raise
        if stage.unsealed and self.seal == "required":
            stage.close()
            raise HarnessError(f"runs cannot be sealed here: {stage.unsealed}", _remedy())
        if self._memory:
            self._memory.settle(stage.unsealed)
        return stage

    def _boot_forking(self, cells: Sequence[Cell], forking: dict[str, Booting]) -> None:
        """Start what forks samples, for each client that has one to run."""
        if self.isolation == "process":
            return
        from harness.runner.boot import boot_for, can_fork, view_of
        from harness.runner.fitness import known

        for client in {cell.client.name: cell.client for cell in cells}.values():
            ready = self.toolchains[client.name]
            if not can_fork(client) or isinstance(ready, HarnessError):
                continue
            own = [cell for cell in cells if cell.client.name == client.name]
            fitness = known(self._state, client, ready)
            if fitness is None or fitness.unfit:
                continue  # it is found out when the first of them runs
            if self._memory is None or not self._memory.holds(own):
                # If it cannot be started, its samples will say so.
                with suppress(HarnessError, OSError):
                    sealed = self.seal != "off"
                    view = view_of(client, ready, self.root, self._state) if sealed else None
                    forking[client.name] = boot_for(client, ready, view)


def _versions(toolchains: Mapping[str, Ready | HarnessError]) -> dict[str, dict[str, str]]:
    return {
        client: {} if isinstance(ready, HarnessError) else ready.versions
        for client, ready in toolchains.items()
    }


def _remedy() -> str:
    from harness.runner.allowance import remedy

    return remedy()


def announce(text: str) -> None:
    """Tell the user of a step that takes long."""
    say(text, err=True)
