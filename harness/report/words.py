"""How verdicts look on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model.finding import Verdict

COLOURS: dict[Verdict, str] = {
    "pass": "green",
    "fail": "red",
    "error": "magenta",
    "deviates": "yellow",
    "skipped": "yellow",
}

PARITY: dict[Verdict, str] = {"pass": "same", "fail": "differ", "skipped": "—"}


def number(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
