"""Outcomes as they come, brought together where they are to be held against one another."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from harness.outcome import compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.model.cell import Cell
    from harness.outcome import Outcome, Parity


class Audience(Protocol):
    """Whoever is told of a run as it goes."""

    def begun(self, cell: Cell) -> None:
        """A cell has started."""

    def outcome(self, one: Outcome) -> None:
        """A cell has its outcome."""

    def parity(self, one: Parity) -> None:
        """All clients of a scenario and model have been held against one another."""


def groups(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    """Cells of the matrix in groups that differ in nothing but their client."""
    for _, group in groupby(cells, key=_group):
        yield list(group)


def _group(cell: Cell) -> tuple[str, str]:
    return cell.scenario.name, cell.model


class Gathering:
    """Outcomes on their way to an audience; a group's are held only until it is complete."""

    def __init__(self, cells: Sequence[Cell], audience: Audience) -> None:
        """Expect outcomes of cells, in any order."""
        self.audience = audience
        self._due = {_group(group[0]): group for group in groups(cells)}
        self._come: dict[tuple[str, str], dict[str, Outcome]] = {}

    def add(self, outcome: Outcome) -> None:
        """Tell of an outcome, and of its group if it was the last."""
        self.audience.outcome(outcome)
        name = _group(outcome.cell)
        come = self._come.setdefault(name, {})
        come[outcome.cell.id] = outcome
        if len(come) == len(self._due[name]):
            members = [come[cell.id] for cell in self._due.pop(name)]
            del self._come[name]
            self.audience.parity(compare(members))
