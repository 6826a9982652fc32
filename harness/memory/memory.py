"""What has passed, and need not run again while all that it rested on is as it was.

Only a `pass` of a sealed run is remembered. Whoever runs a failing sample again wants to see whether
it fails again; and an `error` is of the moment. A failure makes an earlier pass forgotten. What an
unsealed run rested on nobody can know: it may read every file there is.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from harness.memory.key import Circumstances, Keys
from harness.memory.machine import machine
from harness.memory.neighbours import marked
from harness.memory.store import Store
from harness.model.files import keep
from harness.model.finding import Finding
from harness.model.observation import Observation
from harness.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.model.cell import Cell
    from harness.model.problem import HarnessError
    from harness.model.project import Project
    from harness.toolchain.ready import Ready

NOT_CI = ("", "0", "false", "no", "off")
"""What `CI` may be set to where there is none."""


CLOCK_NS = 20_000_000
"""Times of files may lag behind the clock by so much, in nanoseconds."""


class Due(msgspec.Struct, frozen=True):
    """A cell that is about to run."""

    key: str
    since_ns: int
    """When that was, in nanoseconds since the epoch."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A pass, as it is kept: all that the report and the comparison of clients need."""

    opened: dict[str, bytes]
    """By path: what other samples and the like held, where this one has opened them."""

    sha256: str
    findings: tuple[Finding, ...]
    not_evaluated: tuple[str, ...]
    observation: Observation


class Sealing(msgspec.Struct, frozen=True, kw_only=True):
    """What was last found out about sealing runs here."""

    machine: bytes
    unsealed: str
    """Why runs cannot be sealed; empty if they can."""


class Memory:
    """What earlier calls have proved."""

    def __init__(
        self,
        root: Path,
        state: Path,
        project: Project,
        toolchains: Mapping[str, Ready | HarnessError],
        *,
        isolation: str,
        limit_s: float,
        unsealed: str | None = None,
        answers: bool = True,
    ) -> None:
        """Open the memory of a project's state.

        Args:
            root: The project's root.
            state: Where it keeps what it makes for itself.
            project: What it says.
            toolchains: By client: what its samples need.
            isolation: How samples are started.
            limit_s: How long they may take.
            unsealed: Why runs are not to be sealed; `None` if they are, where that is possible.
            answers: Whether anything is answered from it. It takes note of what runs in any case.
        """
        self.store = store_of(state)
        self._sealing = state / "cache" / "sealing.msgpack"
        self.unsealed = self._known_sealing() if unsealed is None else unsealed
        """Why runs are not sealed, empty if they are; `None` while nobody knows."""
        self._answers = answers
        self._due: dict[str, Due] = {}
        self._kept = False
        circumstances = Circumstances(
            isolation=isolation,
            limit_s=limit_s,
            hosts=tuple(sorted(one.host for one in project.catalog.endpoints.values())),
        )
        samples = [cell.path for cell in project.cells()]
        self._keys = Keys(root, toolchains, circumstances, samples)

    def _known_sealing(self) -> str | None:
        with suppress(OSError, msgspec.DecodeError):
            known = msgspec.msgpack.decode(self._sealing.read_bytes(), type=Sealing)
            if known.machine == machine():
                return known.unsealed
        return None

    def settle(self, unsealed: str) -> None:
        """Take what the stage has found out: why runs are not sealed, or nothing if they are."""
        if unsealed != self.unsealed:
            self.unsealed = unsealed
            known = Sealing(machine=machine(), unsealed=unsealed)
            keep(self._sealing, msgspec.msgpack.encode(known))

    def holds(self, cells: Iterable[Cell]) -> bool:
        """Whether every one of some cells can be answered."""
        return all(self.recall(cell) is not None for cell in cells)

    def recall(self, cell: Cell) -> Outcome | None:
        """A cell's outcome, if it is remembered; if not, it is due to be kept."""
        key = self._keys.of(cell) if self.unsealed == "" else None
        if key is None:
            return None
        data = self.store.read(key) if self._answers else None
        if data is not None:
            with suppress(msgspec.DecodeError, OSError):
                entry = msgspec.msgpack.decode(data, type=Entry)
                if all(marked(path) == was for path, was in entry.opened.items()):
                    return Outcome(
                        cell=cell,
                        sha256=entry.sha256,
                        verdict="pass",
                        findings=entry.findings,
                        not_evaluated=entry.not_evaluated,
                        observation=entry.observation,
                        cached=True,
                    )
        self._due[cell.id] = Due(key, time.time_ns())
        return None

    def keep(self, outcome: Outcome) -> None:
        """Take note of a run, if all that it rested on is still as it was before it."""
        due = self._due.pop(outcome.cell.id, None)
        if due is None or outcome.verdict == "error":
            return
        if outcome.verdict != "pass":
            self.store.remove(due.key)
            return
        opened = self._opened(outcome, due.since_ns)
        if (
            opened is None
            or self._keys.of(outcome.cell) != due.key
            or not self._keys.names(outcome.cell, outcome.sha256)
        ):
            return
        data = _encoded(outcome, opened)
        if data is not None:
            self.store.write(due.key, data)
            self._kept = True

    def _opened(self, outcome: Outcome, since_ns: int) -> dict[str, bytes] | None:
        """What a run opened that does not count for every run; `None` if that cannot be told."""
        assert outcome.observation is not None  # noqa: S101
        if outcome.observation.opened is None:
            return None
        found = {}
        for path in self._keys.beyond(outcome.cell, outcome.observation.opened):
            try:
                if os.stat(path).st_ctime_ns > since_ns - CLOCK_NS:  # noqa: PTH116
                    return None  # it may have held something else then
                found[path] = marked(path)
            except OSError:
                return None
        return found

    def close(self) -> None:
        """Keep to the limit."""
        if self._kept:
            self.store.trim()


def _encoded(outcome: Outcome, opened: dict[str, bytes]) -> bytes | None:
    """An outcome as it is kept; `None` if it would come back as anything else."""
    assert outcome.observation is not None  # noqa: S101
    entry = Entry(
        opened=opened,
        sha256=outcome.sha256 or "",
        findings=outcome.findings,
        not_evaluated=outcome.not_evaluated,
        observation=outcome.observation,
    )
    with suppress(ValueError, TypeError, OverflowError, RecursionError):
        data = msgspec.msgpack.encode(entry)
        if msgspec.msgpack.decode(data, type=Entry) == entry:
            return data
    return None


def store_of(state: Path) -> Store:
    """Where a project's state keeps outcomes."""
    return Store(state / "cache" / "results")


def may_answer(environment: Mapping[str, str]) -> bool:
    """Whether a call is to be answered from memory: in CI, everything runs."""
    return environment.get("CI", "").strip().lower() in NOT_CI
