"""The table of a run under way, redrawn on a terminal as cells begin and end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from harness.model.escape import one_line
from harness.printer import as_is, safe
from harness.report.words import COLOURS, MANY, left, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.model.cell import Cell
    from harness.printer import Line, Styled
    from harness.report.estimate import Estimate
    from harness.report.words import Known

BAR = 24


class LiveTable:
    """Scenario × client while it fills; only a bar where the terminal is too low for it."""

    def __init__(
        self, cells: Sequence[Cell], estimate: Estimate, known: Mapping[str, Known]
    ) -> None:
        """Show the table.

        Args:
            cells: What runs.
            estimate: How long it will take yet.
            known: By cell: what came of it; filled by whoever made this.
        """
        self._cells = cells
        self._estimate = estimate
        self._known = known
        self._rows = list(dict.fromkeys(map(row, cells)))
        self._running: set[str] = set()
        self._console = Console(highlight=False, file=as_is(sys.stdout))
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()
        self._places: dict[tuple[str, str], str] = {}
        self._clients: list[str] = []
        if len(self._rows) <= MANY:
            self._places = {(row(cell), cell.client.name): cell.id for cell in cells}
            self._clients = list(dict.fromkeys(cell.client.name for cell in cells))

    def begun(self, cell: Cell) -> None:
        """A cell has started."""
        self._running.add(cell.id)

    def ended(self, cell: Cell) -> None:
        """A cell has its outcome."""
        self._running.discard(cell.id)

    def print(self, lines: Sequence[Line]) -> None:
        """Lines that stay, above the table."""
        for line in lines:
            self._console.print(Text.assemble(*map(_spelled, safe(line))), soft_wrap=True)

    def refresh(self, done: int) -> None:
        """Draw what is known now; so many cells are done."""
        bar = self._bar(done)
        fits = self._clients and len(self._rows) + 4 < self._console.height
        self._live.update(Group(self._table(), bar) if fits else bar, refresh=True)

    def _table(self) -> Table:
        names = [Column(Text(one_line(name))) for name in ("", *self._clients)]
        table = Table(*names, box=None, padding=(0, 2, 0, 0))
        for name in self._rows:
            places = [self._places.get((name, client)) for client in self._clients]
            table.add_row(Text(one_line(name)), *(self._state(place) for place in places))
        return table

    def _state(self, name: str | None) -> Text:
        if name is None:
            return Text("")
        if name in self._known:
            verdict, cached = self._known[name]
            return Text.assemble((verdict, COLOURS[verdict]), (" cached" if cached else "", "dim"))
        return Text("running", style="cyan") if name in self._running else Text("·", style="dim")

    def _bar(self, done: int) -> Text:
        total = len(self._cells)
        filled = BAR * done // total
        seconds = self._estimate.left_s() if done < total else None
        return Text.assemble(
            ("━" * filled, "green"),
            ("━" * (BAR - filled), "dim"),
            f" {done}/{total}",
            f"  {left(seconds)}" if seconds is not None else "",
            no_wrap=True,
            overflow="ellipsis",
        )

    def close(self) -> None:
        """Take the table away."""
        self._live.stop()


def _spelled(one: Styled) -> tuple[str, str]:
    """A part as rich takes it: never as markup."""
    return one.text, f"{'bold ' if one.bold else ''}{one.colour}".strip()
