"""What `run` shows: progress while it works, every failure explained, a table, a summary."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from harness.report import explain
from harness.report.columns import columns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.model.catalog import Endpoint
    from harness.model.cell import Cell
    from harness.model.finding import Verdict
    from harness.suite import Outcome, Parity

COLOURS: dict[Verdict, str] = {
    "pass": "green",
    "fail": "red",
    "error": "magenta",
    "deviates": "yellow",
    "skipped": "yellow",
}
PARITY_WORDS: dict[Verdict, str] = {"pass": "same", "fail": "differ", "skipped": "—"}


class Screen:
    """Tells the user of a run, on a terminal or in a pipe."""

    def __init__(self, cells: Sequence[Cell], rerun: Callable[[str], str]) -> None:
        """Begin.

        Args:
            cells: What will run.
            rerun: Gives the command that runs just what it is given.
        """
        self.cells = cells
        self.rerun = rerun
        self.outcomes: dict[str, Outcome] = {}
        self._progress = _progress(len(cells))
        self._width = max(len(cell.id) for cell in cells)

    def outcome(self, one: Outcome) -> None:
        """Tell of one outcome, at once."""
        self.outcomes[one.cell.id] = one
        seconds = f"{one.observation.duration_ms / 1000:6.2f} s" if one.observation else ""
        verdict = click.style(f"{one.verdict:<5}", fg=COLOURS[one.verdict])
        lines = [f"{one.cell.id:<{self._width}}  {verdict} {seconds}".rstrip()]
        lines += [f"    {text}" for text in explain.outcome(one, self.rerun(one.cell.id))]
        self._print(lines)
        if self._progress:
            self._progress.advance()

    def _print(self, lines: Sequence[str]) -> None:
        if self._progress:
            self._progress.clear()
        click.echo("\n".join(lines))

    def close(self) -> None:
        """Take the progress line away."""
        if self._progress:
            self._progress.clear()
            self._progress = None

    def summary(self, parities: Sequence[Parity], endpoint: Endpoint, report: Path) -> None:
        """Tell how clients compare, show the table, and say what the answers are worth."""
        for one in parities:
            names = self.rerun(f"*/{one.scenario}@{one.model}")
            if lines := list(explain.parity(one, names)):
                click.echo(
                    "\n".join(
                        [
                            click.style(f"{one.scenario}: the clients differ", fg="red"),
                            *(f"    {text}" for text in lines),
                        ]
                    )
                )
        click.echo()
        click.echo("\n".join(self._table(parities)))
        click.echo()
        counts = Counter(one.verdict for one in self.outcomes.values())
        tally = ", ".join(
            click.style(f"{number} {verdict}", fg=COLOURS[verdict])
            for verdict, number in counts.items()
        )
        differ = sum(one.verdict == "fail" for one in parities)
        click.echo(
            f"{len(self.cells)} samples: {tally}"
            + (f"; clients differ in {differ}" if differ else "")
        )
        click.echo(f"Report: {_short(report)}")
        click.echo(_provenance(self.cells, endpoint))

    def _table(self, parities: Sequence[Parity]) -> list[str]:
        clients = list(dict.fromkeys(cell.client.name for cell in self.cells))
        several = len({cell.model for cell in self.cells}) > 1
        rows = [["", *clients, "clients agree"]]
        for one in parities:
            row = [f"{one.scenario}@{one.model}" if several else one.scenario]
            for client in clients:
                cell = next(
                    (
                        c
                        for c in self.cells
                        if (c.client.name, c.scenario.name, c.model)
                        == (client, one.scenario, one.model)
                    ),
                    None,
                )
                row.append(_styled(self.outcomes[cell.id].verdict) if cell else "")
            row.append(click.style(PARITY_WORDS[one.verdict], fg=COLOURS[one.verdict]))
            rows.append(row)
        return columns(rows)


def _styled(verdict: Verdict) -> str:
    return click.style(verdict, fg=COLOURS[verdict])


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def _provenance(cells: Sequence[Cell], endpoint: Endpoint) -> str:
    kinds = {cell.recording.provenance.how for cell in cells if cell.recording}
    made = "an authored recording" if kinds == {"authored"} else "a recording"
    text = f"The answers come from {made}"
    return (
        f"{text}; {endpoint.title}, was retired on {endpoint.retired}."
        if endpoint.retired
        else f"{text}."
    )


class _Progress:
    """One line at the bottom of a terminal."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._draw()

    def advance(self) -> None:
        self.done += 1
        if self.done < self.total:
            self._draw()

    def _draw(self) -> None:
        filled = 20 * self.done // self.total
        bar = "━" * filled + click.style("━" * (20 - filled), dim=True)
        click.echo(f"\r{bar} {self.done}/{self.total}", nl=False)

    def clear(self) -> None:
        click.echo("\r\x1b[K", nl=False)


def _progress(total: int) -> _Progress | None:
    return _Progress(total) if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else None
