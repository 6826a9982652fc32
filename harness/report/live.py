"""The table of a run under way, redrawn on a terminal as cells begin and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.report.words import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.cell import Cell
    from harness.model.finding import Verdict

BAR = 24


class LiveTable:
    """Scenario × client while it fills; only a bar where the terminal is too low for it."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        """Show the table, with every cell waiting."""
        self.cells = cells
        self.verdicts: dict[str, Verdict] = {}
        self.running: set[str] = set()
        self._by_place = {(_row(cell), cell.client.name): cell.id for cell in cells}
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()
        self.refresh()

    def begun(self, cell: Cell) -> None:
        """A cell has started."""
        self.running.add(cell.id)
        self.refresh()

    def ended(self, cell: Cell, verdict: Verdict) -> None:
        """A cell has its verdict."""
        self.running.discard(cell.id)
        self.verdicts[cell.id] = verdict
        self.refresh()

    def print(self, lines: Sequence[str]) -> None:
        """Lines that stay, above the table."""
        self._console.print(Text.from_ansi("\n".join(lines)), soft_wrap=True)

    def refresh(self) -> None:
        """Draw what is known now."""
        rows = dict.fromkeys(_row(cell) for cell in self.cells)
        fits = len(rows) + 4 < self._console.height
        self._live.update(self._table(list(rows)) if fits else self._bar(), refresh=True)

    def _table(self, rows: Sequence[str]) -> Table:
        clients = list(dict.fromkeys(cell.client.name for cell in self.cells))
        table = Table(
            "",
            *clients,
            box=None,
            caption=self._bar(),
            caption_justify="left",
            padding=(0, 2, 0, 0),
        )
        for row in rows:
            places = [self._by_place.get((row, client)) for client in clients]
            table.add_row(row, *(self._state(place) for place in places))
        return table

    def _state(self, name: str | None) -> Text:
        if name is None:
            return Text("")
        if name in self.verdicts:
            return Text(self.verdicts[name], style=COLOURS[self.verdicts[name]])
        return Text("running", style="cyan") if name in self.running else Text("·", style="dim")

    def _bar(self) -> Text:
        done, total = len(self.verdicts), len(self.cells)
        filled = BAR * done // total
        return Text.assemble(
            ("━" * filled, "green"), ("━" * (BAR - filled), "dim"), f" {done}/{total}"
        )

    def close(self) -> None:
        """Take the table away."""
        self._live.stop()


def _row(cell: Cell) -> str:
    return cell.scenario.name if cell.committed else f"{cell.scenario.name}@{cell.model}"
