"""What `run` shows: progress while it works, every failure explained, a table, a summary."""

from __future__ import annotations

import os
import sys
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

import click

from harness.report import explain
from harness.report.columns import columns
from harness.report.words import COLOURS, PARITY, number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.model.catalog import Endpoint
    from harness.model.cell import Cell
    from harness.model.finding import Verdict
    from harness.report.live import LiveTable
    from harness.suite import Outcome, Parity

WIDTH = 80


class Screen:
    """Tells the user of a run: on a terminal with a live table, in a pipe line by line."""

    def __init__(self, cells: Sequence[Cell], rerun: Callable[[str], str]) -> None:
        """Begin.

        Args:
            cells: What will run.
            rerun: Gives the command that runs just what it is given.
        """
        self.cells = cells
        self.rerun = rerun
        self.outcomes: dict[str, Outcome] = {}
        self._live = _live(cells)
        self._width = max(len(cell.id) for cell in cells)

    def begun(self, cell: Cell) -> None:
        """Tell that a cell has started."""
        if self._live:
            self._live.begun(cell)

    def outcome(self, one: Outcome) -> None:
        """Tell of one outcome, at once."""
        self.outcomes[one.cell.id] = one
        seconds = f"{one.observation.duration_ms / 1000:6.2f} s" if one.observation else ""
        line = f"{one.cell.id:<{self._width}}  {_styled(one.verdict, 5)} {seconds}".rstrip()
        why = [f"    {text}" for text in explain.outcome(one, self.rerun(one.cell.id))]
        if self._live is None:
            click.echo("\n".join([line, *why]))
            return
        self._live.ended(one.cell, one.verdict)
        if why:
            self._live.print([line, *why])

    def close(self) -> None:
        """Take the live table away."""
        if self._live:
            self._live.close()
            self._live = None

    def summary(self, parities: Sequence[Parity], endpoint: Endpoint, report: Path) -> None:
        """Tell how clients compare, show the table, and say what the answers are worth."""
        for one in parities:
            if why := list(explain.parity(one, self.rerun(f"*/{one.scenario}@{one.model}"))):
                click.echo(click.style(f"{one.scenario}: the clients differ", fg="red"))
                click.echo("\n".join(f"    {text}" for text in why))
        click.echo("\n" + "\n".join(self._table(parities)) + "\n")
        counts = Counter(one.verdict for one in self.outcomes.values())
        tally = [
            click.style(f"{count} {verdict}", fg=COLOURS[verdict])
            for verdict, count in sorted(counts.items())
        ]
        if differ := sum(one.verdict == "fail" for one in parities):
            tally.append(click.style(f"clients differ in {number(differ, 'scenario')}", fg="red"))
        click.echo(f"{number(len(self.cells), 'sample')}: {', '.join(tally)}")
        click.echo(f"Report: {_short(report)}")
        if any(one.observation for one in self.outcomes.values()):
            click.echo(textwrap.fill(_provenance(self.cells, endpoint), WIDTH))

    def _table(self, parities: Sequence[Parity]) -> list[str]:
        clients = list(dict.fromkeys(cell.client.name for cell in self.cells))
        committed = {cell.model for cell in self.cells if cell.committed}
        verdicts = {
            (one.cell.scenario.name, one.cell.model, one.cell.client.name): one.verdict
            for one in self.outcomes.values()
        }
        rows = [["", *clients, "clients agree"]]
        for one in parities:
            name = one.scenario if one.model in committed else f"{one.scenario}@{one.model}"
            found = [verdicts.get((one.scenario, one.model, client)) for client in clients]
            same = click.style(PARITY[one.verdict], fg=COLOURS[one.verdict])
            rows.append([name, *(_styled(verdict) if verdict else "" for verdict in found), same])
        return columns(rows)


def _styled(verdict: Verdict, width: int = 0) -> str:
    return click.style(f"{verdict:<{width}}", fg=COLOURS[verdict])


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def _provenance(cells: Sequence[Cell], endpoint: Endpoint) -> str:
    authored = any(cell.recording and cell.recording.provenance.how == "authored" for cell in cells)
    text = "The answers come from a recording"
    text += ", authored from the service's documented shapes" if authored else ""
    if not endpoint.retired:
        return f"{text}."
    return f"{text}. {endpoint.title} ({endpoint.host}) was retired on {endpoint.retired}."


def _live(cells: Sequence[Cell]) -> LiveTable | None:
    if not sys.stdout.isatty() or os.environ.get("TERM") in {"dumb", None}:
        return None
    from harness.report.live import LiveTable

    return LiveTable(cells)
