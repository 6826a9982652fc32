"""How long a run will take yet: from what its cells took before, and from how it goes now."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.model.cell import Cell
    from harness.runner.durations import Durations

ENOUGH = 3
"""Runs that must have ended before anything is said."""


class Estimate:
    """Follows a run.

    Work is counted in milliseconds of single runs. What is left of it, at the rate at which it has
    been done so far, gives the time: so it does not matter how many run at once, how fast the
    machine is today, and that remembered cells cost nothing.
    """

    def __init__(
        self,
        cells: Iterable[Cell],
        durations: Durations,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            cells: What will run.
            durations: What each took before.
            clock: Seconds.
        """
        self._of = durations.of
        self._clock = clock
        self._known_left = 0.0
        self._unknown_left: Counter[str] = Counter()
        self._before: dict[str, list[float]] = {}
        """By client: how many ran before, and the milliseconds they took."""
        self._took: dict[str, list[float]] = {}
        """The same of those that have run now."""
        for cell in cells:
            self._count(cell, 1)
            _add(self._before, cell, durations.of(cell))
        self._expected = self._actual = 0.0
        """Milliseconds of those that ran before and have run now: what was due, and what it was."""
        self._running: dict[str, tuple[float, Cell]] = {}
        self._started: float | None = None

    def begun(self, cell: Cell) -> None:
        """A cell has started."""
        now = self._clock()
        self._started = now if self._started is None else self._started
        self._running[cell.id] = now, cell

    def ended(self, cell: Cell, duration_ms: float | None) -> None:
        """A cell has its outcome; `None` if nothing ran for it."""
        self._running.pop(cell.id, None)
        self._count(cell, -1)
        if duration_ms is None:
            return
        _add(self._took, cell, duration_ms)
        known = self._of(cell)
        if known is not None:
            self._expected += known
            self._actual += duration_ms

    def _count(self, cell: Cell, number: int) -> None:
        known = self._of(cell)
        if known is None:
            self._unknown_left[cell.client.name] += number
        else:
            self._known_left += known * number

    def left_s(self) -> float | None:
        """Seconds until all is done; `None` while too little is known."""
        number = sum(seen[0] for seen in self._took.values())
        done = sum(seen[1] for seen in self._took.values())
        if number < ENOUGH or self._started is None:
            return None
        now = self._clock()
        mean = done / number
        begun = sum(
            min((now - started) * 1000, self._due(cell, mean))
            for started, cell in self._running.values()
        )
        left = self._known_left * self._pace() + sum(
            count * self._mean(client, mean) for client, count in self._unknown_left.items()
        )
        return max(0.0, left - begun) * (now - self._started) / (done + begun)

    def _pace(self) -> float:
        """How long runs take today, against what they took before."""
        return self._actual / self._expected if self._expected else 1.0

    def _due(self, cell: Cell, mean: float) -> float:
        known = self._of(cell)
        return self._mean(cell.client.name, mean) if known is None else known * self._pace()

    def _mean(self, client: str, of_all: float) -> float:
        """How long a cell takes of which nothing is known but its client."""
        if client in self._took:
            number, total = self._took[client]
            return total / number
        if client in self._before:
            number, total = self._before[client]
            return total / number * self._pace()
        return of_all


def _add(sums: dict[str, list[float]], cell: Cell, duration_ms: float | None) -> None:
    if duration_ms is not None:
        one = sums.setdefault(cell.client.name, [0, 0.0])
        one[0] += 1
        one[1] += duration_ms
