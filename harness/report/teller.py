"""Whoever tells of a run as it goes: to the report, to the screen, and in the end by an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.outcome import exit_code, worst
from harness.report import line

if TYPE_CHECKING:
    from harness.model.basis import Digests
    from harness.model.cell import Cell
    from harness.outcome import Outcome, Parity
    from harness.report.ndjson import Writer
    from harness.report.screen import Screen


class Teller:
    """An audience that passes on what it is told, and keeps none of it."""

    def __init__(self, writer: Writer, screen: Screen, digests: Digests) -> None:
        """Tell a report and a screen; digests say what verdicts rest on."""
        self.writer = writer
        self.screen = screen
        self._digests = digests
        self._codes = {0}
        self.told = False
        """Whether there was any outcome."""

    def begun(self, cell: Cell) -> None:
        """Tell that a cell has started."""
        self.screen.begun(cell)

    def outcome(self, one: Outcome) -> None:
        """Tell of an outcome."""
        self._codes.add(exit_code([one], []))
        self.writer.cell(line.cell(one, self._digests.basis(one.cell)))
        self.screen.outcome(one)
        self.told = True

    def parity(self, one: Parity) -> None:
        """Tell how clients compare."""
        self._codes.add(exit_code([], [one]))
        self.writer.parity(line.parity(one))
        self.screen.parity(one)

    @property
    def exit_code(self) -> int:
        """Of all that was told."""
        return worst(self._codes)
