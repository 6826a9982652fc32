"""How long each sample took when it last ran: the longest start first, so that none is left over.

They are a hint and no more. Whatever cannot be read or written is as good as not there.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from harness.model.files import keep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.model.cell import Cell

WINDOW = 60
"""Cells whose order is changed together: many more than run at once, and no more than are easily kept."""


class Durations:
    """The durations that a project's state remembers, in milliseconds, by cell."""

    def __init__(self, state: Path, name: str = "durations") -> None:
        """Remember what earlier calls noted.

        Args:
            state: Where the project keeps what it makes for itself.
            name: Of the file: what answered the samples makes a difference.
        """
        self._place = state / "cache" / f"{name}.msgpack"
        self._known: dict[str, float] = {}
        self._new: dict[str, float] = {}
        with suppress(OSError, msgspec.DecodeError):
            self._known = msgspec.msgpack.decode(self._place.read_bytes(), type=dict[str, float])

    def of(self, cell: Cell) -> float | None:
        """How long a cell took when it last ran."""
        return self._known.get(cell.id)

    def took(self, cell: Cell, duration_ms: float) -> None:
        """Remember how long a cell took, for later calls."""
        self._new[cell.id] = duration_ms

    def in_turn(self, cells: Iterable[Cell]) -> Iterator[Cell]:
        """Cells in the order to start them, the longest first, and never far from their own order.

        Were the longest of thousands all first, none of their groups would be complete before the
        shortest came. So a window of cells is put in order, then the next.
        """
        cells = iter(cells)
        while window := list(islice(cells, WINDOW)):
            yield from sorted(window, key=lambda cell: -self._known.get(cell.id, float("inf")))

    def save(self) -> None:
        """Keep what was remembered."""
        if self._new:
            keep(self._place, msgspec.msgpack.encode({**self._known, **self._new}))
