"""The stage: what all runs of one call share. Made once, before the first sample starts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from harness.gateway.authority import Authority
from harness.gateway.gateway import Gateway
from harness.model.problem import HarnessError, InvalidError, Problem
from harness.render.sample import render
from harness.runner.launcher import Launcher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model.cell import Cell
    from harness.runner.boot import Booting
    from harness.toolchain.ready import Ready

LIMIT_S = 60.0
"""How long a run may take before it is ended."""


class Stage:
    """Gateway, starter, toolchains and private folders for the runs of one call."""

    def __init__(
        self,
        root: Path,
        state: Path,
        toolchains: Mapping[str, Ready | HarnessError],
        limit_s: float = LIMIT_S,
        starter: Booting | None = None,
    ) -> None:
        """Set up.

        Args:
            root: The project's root.
            state: Where the project keeps what it makes for itself.
            toolchains: By client: what its samples need, or why that is not to be had.
            limit_s: Seconds a run may take.
            starter: One that has been started already.

        Raises:
            HarnessError: The starter does not start, or the state cannot be written.
        """
        self.root = root
        self.state = state
        self._toolchains = toolchains
        self.limit_s = limit_s
        self.launcher = Launcher(starter)
        self.authority = Authority(state / "tls")
        self.gateway = Gateway(self.authority)
        self._runs = state / "runs" / str(os.getpid())
        try:
            _sweep(self._runs.parent)
            shutil.rmtree(self._runs, ignore_errors=True)
            self._runs.mkdir(parents=True)
        except OSError as error:
            self.launcher.close()
            raise HarnessError(f"{error.filename} cannot be written: {error.strerror}") from error

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
        """The file that runs: the committed one, or for other models one rendered now."""
        if cell.committed:
            return self.root / cell.path
        folder = self.state / "rendered" / cell.model / cell.client.name
        path = folder / Path(cell.path).name
        text = render(cell).encode()
        if not path.is_file() or path.read_bytes() != text:
            folder.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            beside.write_bytes(text)
            beside.replace(path)
        for name, target in self.ready(cell).beside.items():
            link = folder / name
            if not link.is_symlink() or str(link.readlink()) != target:
                beside = link.with_name(f".{name}.{os.getpid()}")
                beside.symlink_to(target)
                beside.replace(link)
        return path

    def read(self, cell: Cell) -> bytes:
        """The bytes that run.

        Raises:
            InvalidError: The sample's file is missing.
        """
        try:
            return self.sample(cell).read_bytes()
        except OSError as error:
            message = f"this sample cannot be read: {error.strerror}"
            hint = "render it with: sampleproof render"
            raise InvalidError([Problem(file=cell.path, message=message, hint=hint)]) from error

    def folder(self, name: str) -> Path:
        """A new folder for one run: its home, with `work` and `tmp` in it."""
        home = self._runs / name
        (home / "work").mkdir(parents=True)
        (home / "tmp").mkdir()
        return home

    def close(self) -> None:
        """End the starter, and remove the private folders."""
        self.launcher.close()
        shutil.rmtree(self._runs, ignore_errors=True)


def _sweep(runs: Path) -> None:
    """Remove what earlier calls left behind because they were killed."""
    for folder in runs.glob("*"):
        try:
            os.kill(int(folder.name), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):
            continue
