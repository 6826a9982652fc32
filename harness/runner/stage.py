"""The stage: what all runs of one call share. Made once, before the first sample starts."""

from __future__ import annotations

import asyncio
import copy
import errno
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.gateway.authority import Authority
from harness.gateway.budget import Limits
from harness.gateway.gateway import Gateway
from harness.model import files, private
from harness.model.folder import Folder
from harness.model.problem import HarnessError, InvalidError, Problem
from harness.render.sample import render
from harness.runner.boot import (
    APART,
    RENDERED,
    boot_for,
    can_fork,
    hidden,
    may_read,
    own_folder,
    view_of,
)
from harness.runner.fitness import known
from harness.runner.folders import Folders
from harness.runner.import_check import find_out
from harness.runner.launcher import Launcher, Seal, Shown
from harness.runner.script import Script
from harness.runner.source import Recorded
from harness.runner.switches import NOT_ASKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.model.cell import Cell
    from harness.runner.boot import Booting
    from harness.runner.source import Source
    from harness.toolchain.ready import Ready

Isolation = Literal["process", "fork"]
LIMIT_S = 60.0
"""How long a run may take before it is ended."""
READY_S = 60.0
"""How long to wait for a library that is imported ahead, where it was quick when it was tried."""


class Stage:
    """Gateway, starter, toolchains and private folders for the runs of one call."""

    def __init__(
        self,
        root: Path,
        state: Path,
        toolchains: Mapping[str, Ready | HarnessError],
        limit_s: float = LIMIT_S,
        starter: Booting | None = None,
        *,
        seal: bool = True,
        hosts: Iterable[str] = (),
        isolation: Isolation = "process",
        forking: Mapping[str, Booting] | None = None,
        source: Source = Recorded,
        apart: bool = False,
    ) -> None:
        """Set up.

        Args:
            root: The project's root.
            state: Where the project keeps what it makes for itself.
            toolchains: By client: what its samples need, or why that is not to be had.
            limit_s: Seconds a run may take.
            starter: One that has been started already.
            seal: Whether to seal runs, where that is possible.
            hosts: Names that lead to the gateway even for a client that ignores proxy variables.
            isolation: Whether each sample is a new interpreter, or a fork of one that has imported
                its library ahead.
            forking: By client: what forks its samples, where that has been started already.
            source: What answers the samples.
            apart: Whether samples lie apart from their client's folder, where they find the
                packages of these toolchains and not those that are linked there.

        Raises:
            HarnessError: The starter does not start, or the state cannot be written.
        """
        self.root = root
        self.state = state
        self._toolchains = toolchains
        self.limit_s = limit_s
        self.limits = Limits()
        """The most that a run may send."""
        self.source = source
        self.launcher = Launcher(starter)
        self.authority = Authority(state / "tls")
        self.gateway = Gateway(self.authority)
        self._isolation = isolation
        self._forking = {name: Launcher(forks) for name, forks in (forking or {}).items()}
        self._chosen: dict[str, Launcher] = {}
        self._choosing: dict[str, asyncio.Future[None]] = {}
        self.not_forked: dict[str, str] = {}
        """By client: why its samples are not forked, though that was asked for."""
        self._hosts = tuple(sorted(hosts))
        self._apart = apart
        self._hidden = hidden(root, state)
        self._read: dict[str, tuple[str, ...]] = {}
        try:
            self.folders = Folders(state / "runs")
        except HarnessError:
            self._end_starters()
            raise
        except OSError as error:
            self._end_starters()
            raise HarnessError(
                f"{error.filename} cannot be written: {error.strerror}",
                f"see that the disk has room and the folder can be written, or {private.ELSEWHERE}",
            ) from error
        self.unsealed = NOT_ASKED
        """Why runs are not sealed; empty if they are."""
        if seal:
            self.unsealed = self.launcher.probe(str(self.folders.new())) or ""

    def answered_by(self, source: Source) -> Stage:
        """This stage, with something else to answer the samples."""
        other = copy.copy(self)
        other.source = source
        return other

    def ready(self, cell: Cell) -> Ready:
        """What a cell's sample needs, in place.

        Raises:
            HarnessError: It is not to be had.
        """
        ready = self._toolchains[cell.client.name]
        if isinstance(ready, HarnessError):
            raise ready
        return ready

    def sample(self, cell: Cell) -> Path:
        """The file that runs: the committed one, a copy of it, or for other models one rendered now."""
        committed = self.root / cell.path
        if cell.committed and not self._apart:
            return committed
        text = files.read(committed, self.root) if cell.committed else render(cell).encode()
        place = self.state / (APART if self._apart else RENDERED)
        folder = place / cell.model / cell.client.name
        path = folder / committed.name
        try:
            same = files.read(path, self.state) == text
        except OSError:
            same = False
        if not same:
            files.replace(path, text, self.state)
        for name, target in self.ready(cell).beside.items():
            link = folder / name
            if not link.is_symlink() or str(link.readlink()) != target:
                with files.told(link), Folder(folder, self.state) as opened:
                    opened.link(name, target)
        return path

    def script(self, cell: Cell) -> Script:
        """A cell's sample, read to be run.

        Raises:
            InvalidError: The sample's file is missing.
            OSError: The system opens no more files.
        """
        try:
            path = self.sample(cell)
            own = cell.committed and not self._apart
            return Script.read(path, self.root if own else self.state)
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                raise  # no fault of the sample's
            message = f"this sample cannot be read: {error.strerror}"
            gone = isinstance(error, FileNotFoundError)
            hint = (
                "render it with: sampleproof render"
                if gone
                else "put a file there, for all to read"
            )
            raise InvalidError([Problem(file=cell.path, message=message, hint=hint)]) from error

    async def launcher_of(self, cell: Cell) -> Launcher:
        """What starts a cell's sample: a fork only where it can stand for a process of its own.

        Raises:
            HarnessError: It does not start.
        """
        name = cell.client.name
        if self._isolation == "process" or not can_fork(cell.client):
            return self.launcher
        if name not in self._chosen:
            if name not in self._choosing:
                self._choosing[name] = asyncio.ensure_future(self._choose(cell))
                self._choosing[name].add_done_callback(lambda _: self._choosing.pop(name))
            await asyncio.shield(self._choosing[name])
        return self._chosen[name]

    async def _choose(self, cell: Cell) -> None:
        """Find out what starts a client's samples."""
        client, ready = cell.client, self.ready(cell)
        fitness = known(self.state, client, ready) or await find_out(cell, self)
        forks = self._forking.get(client.name)
        if fitness.unfit:
            self.not_forked[client.name] = fitness.unfit
        else:
            if forks is None or forks.sealed == bool(self.unsealed):
                if forks is not None:
                    forks.close()
                view = None if self.unsealed else view_of(client, ready, self.root, self.state)
                forks = self._forking[client.name] = Launcher(boot_for(client, ready, view))
            if unready := await forks.unready(READY_S):
                self.not_forked[client.name] = unready
                forks.let_go()
        self._chosen[client.name] = (
            self.launcher if client.name in self.not_forked or forks is None else forks
        )

    def seal(self, cell: Cell, script: Script, home: Path) -> Seal | None:
        """What a cell's run is given of the world; `None` if runs are not sealed.

        Raises:
            HarnessError: Something of it must not be shown to samples.
        """
        if self.unsealed:
            return None
        folders = {Path(script.path).parent, (self.root / cell.client.file).parent}
        sample = Shown(path=script.path, data=script.data, mode=script.mode)
        bundle = self.authority.bundle
        trusted = Shown(path=str(bundle), data=bundle.read_bytes(), mode=0o644)
        return Seal(
            home=str(home),
            read=self._may_read(cell),
            own=tuple(own_folder(one, self.root, self.state) for one in folders),
            hide=self._hidden,
            files=(sample, trusted),
            hosts=self._hosts,
        )

    def _may_read(self, cell: Cell) -> tuple[str, ...]:
        ready = self.ready(cell)
        if ready.digest not in self._read:
            self._read[ready.digest] = may_read(ready, self.root, self.state)
        return self._read[ready.digest]

    def close(self) -> None:
        """End the starter, and remove the private folders."""
        self._end_starters()
        self.folders.close()

    def _end_starters(self) -> None:
        launchers = (self.launcher, *self._forking.values())
        for launcher in launchers:
            launcher.let_go()
        for launcher in launchers:
            launcher.close()
