"""What has passed, and need not run again while all that it rested on is as it was.

Only a `pass` is remembered. Whoever runs a failing sample again wants to see whether it fails
again; and an `error` is of the moment. A failure makes an earlier pass forgotten.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from harness.memory.key import Circumstances, Keys
from harness.memory.machine import machine
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


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A pass, as it is kept: all that the report and the comparison of clients need."""

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
        self._due: dict[str, str] = {}
        self._kept = False
        circumstances = Circumstances(
            sealed=not self.unsealed,
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
            self._keys.seal(sealed=not unsealed)
            known = Sealing(machine=machine(), unsealed=unsealed)
            keep(self._sealing, msgspec.msgpack.encode(known))

    def holds(self, cells: Iterable[Cell]) -> bool:
        """Whether every one of some cells can be answered."""
        return all(self.recall(cell) is not None for cell in cells)

    def recall(self, cell: Cell) -> Outcome | None:
        """A cell's outcome, if it is remembered; if not, it is due to be kept."""
        key = None if self.unsealed is None else self._keys.of(cell)
        if key is None:
            return None
        data = self.store.read(key) if self._answers else None
        if data is not None:
            with suppress(msgspec.DecodeError):
                entry = msgspec.msgpack.decode(data, type=Entry)
                return Outcome(
                    cell=cell,
                    sha256=entry.sha256,
                    verdict="pass",
                    findings=entry.findings,
                    not_evaluated=entry.not_evaluated,
                    observation=entry.observation,
                    cached=True,
                )
        self._due[cell.id] = key
        return None

    def keep(self, outcome: Outcome) -> None:
        """Take note of a run, if all that it rested on is still as it was before it."""
        key = self._due.pop(outcome.cell.id, None)
        if key is None or outcome.verdict == "error":
            return
        if outcome.verdict != "pass":
            self.store.remove(key)
            return
        data = _encoded(outcome)
        if data is not None and self._keys.of(outcome.cell) == key:
            self.store.write(key, data)
            self._kept = True

    def close(self) -> None:
        """Keep to the limit."""
        if self._kept:
            self.store.trim()


def _encoded(outcome: Outcome) -> bytes | None:
    """An outcome as it is kept; `None` if it would come back as anything else."""
    assert outcome.observation is not None  # noqa: S101
    entry = Entry(
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
