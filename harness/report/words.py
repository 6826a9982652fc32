"""How verdicts look on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    from harness.model.cell import Cell
    from harness.model.finding import Verdict

    Known: TypeAlias = tuple[Verdict, bool]
    """A cell's verdict, and whether it was remembered."""

MANY = 200
"""Rows that are too many for a table: nobody reads it."""

COLOURS: dict[Verdict, str] = {
    "pass": "green",
    "fail": "red",
    "error": "magenta",
    "deviates": "yellow",
    "skipped": "yellow",
}

PARITY: dict[Verdict, str] = {"pass": "same", "fail": "differ", "skipped": "—"}


def row(cell: Cell) -> str:
    """The name of the row that a cell is in."""
    return cell.scenario.name if cell.committed else f"{cell.scenario.name}@{cell.model}"


def number(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def left(seconds: float) -> str:
    """Time to come, no more exact than it can be known."""
    if seconds < 10:  # noqa: PLR2004
        return "a few seconds left"
    if seconds < 100:  # noqa: PLR2004
        return f"about {round(seconds, -1):.0f} s left"
    minutes = round(seconds / 60)
    if minutes < 100:  # noqa: PLR2004
        return f"about {minutes} min left"
    return f"about {minutes / 60:.1f} h left"
