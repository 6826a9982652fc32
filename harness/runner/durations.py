"""How long each sample took when it last ran: the longest start first, so that none is left over.

They are a hint and no more. Whatever cannot be read or written is as good as not there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.model.cell import Cell


class Durations:
    """The durations that a project's state remembers, in milliseconds, by cell."""

    def __init__(self, state: Path, of: str = "") -> None:
        """Remember what earlier calls noted.

        Args:
            state: Where the project keeps what it makes for itself.
            of: What answered the samples, if not their recordings; a part of a file's name.
        """
        self._place = state / "cache" / f"durations{of and f'-{of}'}.msgpack"
        self._known: dict[str, float] = {}
        with suppress(OSError, msgspec.DecodeError):
            self._known = msgspec.msgpack.decode(self._place.read_bytes(), type=dict[str, float])

    def seconds(self, cell: Cell) -> float | None:
        """How long a cell took; `None` if it never ran."""
        known = self._known.get(cell.id)
        return None if known is None else known / 1000

    def longest_first(self, cells: Iterable[Cell]) -> list[Cell]:
        """Cells in the order to start them; those that never ran come first, as they came."""
        return sorted(cells, key=lambda cell: -self._known.get(cell.id, float("inf")))

    def note(self, found: Mapping[str, float]) -> None:
        """Remember durations for later calls."""
        self._known |= found
        with suppress(OSError):
            self._place.parent.mkdir(exist_ok=True)
            beside = self._place.with_name(f".{self._place.name}.{os.getpid()}")
            beside.write_bytes(msgspec.msgpack.encode(self._known))
            beside.replace(self._place)
