"""What `run` shows: progress while it works, every failure explained, a table, a summary."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections import Counter
from typing import TYPE_CHECKING

from harness.gathering import groups
from harness.model.escape import one_line
from harness.outcome import alike
from harness.printer import Styled, padded, say, say_lines, width
from harness.report import explain
from harness.report.columns import columns
from harness.report.words import COLOURS, MANY, PARITY, left, number, row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.model.catalog import Endpoint
    from harness.model.cell import Cell
    from harness.model.finding import Verdict
    from harness.outcome import Outcome, Parity
    from harness.printer import Line, Part
    from harness.report.estimate import Estimate
    from harness.report.live import LiveTable
    from harness.report.words import Known

WIDTH = 80

FEW = 50
"""Samples of which nobody needs to be told how far they are."""
SILENCE_S = 15.0
"""How long nothing need be said of a run that takes its time."""


class Screen:
    """Tells the user of a run: on a terminal with a live table, in a pipe line by line.

    Of very many samples only those are told that did not pass, and how far the run is.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        rerun: Callable[[str], str],
        typed: Callable[[str], str],
        estimate: Estimate,
        *,
        live: bool,
    ) -> None:
        """Begin.

        Args:
            cells: What will run.
            rerun: Gives the command that runs just what it is given.
            typed: Puts commands into the words that the user can type.
            estimate: Follows the run.
            live: Whether there is anything to wait for.
        """
        self.cells = cells
        self.rerun = rerun
        self.typed = typed
        self._estimate = estimate
        self._many = len(set(map(row, cells))) > MANY
        self._counts: Counter[Verdict] = Counter()
        self._cached = 0
        self._answered = False
        self._models: set[str] = set()
        """What a live endpoint was asked for."""
        self._faults: dict[tuple[str, str], str] = {}
        """By message and remedy: the first cell of which this was told."""
        self._known: dict[str, Known] = {}
        self._parities: dict[str, Verdict] = {}
        self._differ = 0
        self._live: LiveTable | None = None
        self._is_live = live and _may_be_live()
        self._opening = False
        self._said_at = time.monotonic()
        self._width = max(width(one_line(cell.id)) for cell in cells)

    def begun(self, cell: Cell) -> None:
        """Tell that a cell has started."""
        self._estimate.begun(cell)
        if self._is_live:
            self._table_soon()
        if self._live:
            self._live.begun(cell)
            self._draw()

    def outcome(self, one: Outcome) -> None:
        """Tell of one outcome, at once."""
        ran = one.observation if not one.cached else None
        self._estimate.ended(one.cell, ran.duration_ms if ran else None)
        self._counts[one.verdict] += 1
        self._cached += one.cached
        self._note_answers(one)
        if not self._many:
            self._known[one.cell.id] = one.verdict, one.cached
        seconds = "  cached" if one.cached else f"{ran.duration_ms / 1000:6.2f} s" if ran else ""
        before = self._told_before(one)
        rest = f" {seconds}".rstrip() + (f"  as {before}" if before else "")
        title = padded(one.cell.id, self._width), "  ", _styled(one.verdict, 5 if rest else 0), rest
        told = explain.outcome(one, self.rerun(one.cell.id), self.typed) if not before else ()
        why: list[Line] = [(f"    {text}",) for text in told]
        if why or not (self._many or self._is_live):
            self._say([title, *why])
        if self._live:
            self._live.ended(one.cell)
            self._draw()
        elif not self._is_live:
            self._say_how_far()

    def _note_answers(self, one: Outcome) -> None:
        if one.observation is None:
            return
        answers = one.observation.answers
        came = [answer for answer in answers or () if not answer.no_answer]
        self._answered |= answers is None or bool(came)
        if not one.cached:
            self._models |= {answer.model for answer in came if answer.model}

    def _told_before(self, one: Outcome) -> str:
        """The cell of which all was told already that is to be told of this one."""
        found = one.diagnosis
        if one.fault is not None:
            # An endpoint's words differ each time; a file's line is that file's alone.
            message = alike(one.fault.message) if found else one.fault.message
            cause = message, one.fault.remedy
        elif found is not None and found.cause == "API shape":
            cause = alike(found.evidence), found.remedy
        else:
            return ""
        first = self._faults.setdefault(cause, one.cell.id)
        return first if first != one.cell.id else ""

    def parity(self, one: Parity) -> None:
        """Tell how the clients of a scenario compare."""
        self._differ += one.verdict == "fail"
        if not self._many:
            self._parities[f"{one.scenario}@{one.model}"] = one.verdict
        rerun = self.rerun(f"*/{one.scenario}@{one.model}")
        if why := list(explain.parity(one, rerun, self.typed)):
            title = Styled(f"{one.scenario}: the clients differ", "red")
            self._say([(title,), *((f"    {text}",) for text in why)])

    def _say(self, lines: Sequence[Line]) -> None:
        if self._live:
            self._live.print(lines)
        else:
            say_lines(lines)

    def _say_how_far(self) -> None:
        """Tell now and then how far a long run is."""
        done, now = self._counts.total(), time.monotonic()
        if len(self.cells) > FEW and done < len(self.cells) and now - self._said_at > SILENCE_S:
            self._said_at = now
            seconds = self._estimate.left_s()
            time_left = f", {left(seconds)}" if seconds is not None else ""
            say(f"… {done} of {len(self.cells)} done{time_left}")

    def _table_soon(self) -> None:
        """Have the table drawn when what is to start now has started: its library is a big one."""
        import asyncio

        if self._live is None and not self._opening:
            self._opening = True
            asyncio.get_running_loop().call_soon(self._open)

    def _open(self) -> None:
        from harness.report.live import LiveTable

        if self._is_live:
            self._live = LiveTable(self.cells, self._estimate, self._known)
            self._draw()

    def _draw(self) -> None:
        if self._live:
            self._live.refresh(self._counts.total())

    def close(self) -> None:
        """Take the live table away."""
        self._is_live = False
        if self._live:
            self._live.close()
            self._live = None

    def how_far(self) -> str:
        """How many samples have run, in words."""
        return f"{self._counts.total()} of {number(len(self.cells), 'sample')} have run"

    def summary(
        self, endpoint: Endpoint, report: Path | None, asked: Endpoint | None = None
    ) -> None:
        """Show the table, and say what the answers are worth.

        Args:
            endpoint: The one that the samples name.
            report: The report's file, if there is one.
            asked: The one that answered, if it was no recording.
        """
        say()
        if not self._many:
            say_lines(self._table())
            say()
        tally: list[Part] = [
            Styled(f"{count} {verdict}", COLOURS[verdict])
            for verdict, count in sorted(self._counts.items())
        ]
        if self._differ:
            scenarios = number(self._differ, "scenario")
            tally.append(Styled(f"clients differ in {scenarios}", "red"))
        if due := len(self.cells) - self._counts.total():
            tally.append(f"{due} not run")
        if self._cached:
            tally.append(f"{self._cached} from earlier runs")
        listed = [part for one in tally for part in (", ", one)][1:]
        say(f"{number(len(self.cells), 'sample')}: ", *listed)
        if report:
            say(f"Report: {_short(report)}")
        if self._answered or asked:
            text = self._told(asked) if asked else _provenance(self.cells, endpoint)
            say(textwrap.fill(text, WIDTH, break_long_words=False))

    def _told(self, asked: Endpoint) -> str:
        place = f"{asked.title} ({asked.url})"
        if not self._answered:
            return f"No answer came from {place}."
        models = ", ".join(sorted(self._models))
        return f"The samples were sent to {place}, live, and asked for the model {models}."

    def _table(self) -> list[Line]:
        clients = list(dict.fromkeys(cell.client.name for cell in self.cells))
        rows: list[list[Part]] = [["", *clients, "clients agree"]]
        for group in groups(self.cells):
            first = group[0]
            ended = [cell for cell in group if cell.id in self._known]
            found = {cell.client.name: self._known[cell.id][0] for cell in ended}
            verdict = self._parities.get(f"{first.scenario.name}@{first.model}", "skipped")
            same = Styled(PARITY[verdict], COLOURS[verdict])
            shown = [_styled(found[client]) if client in found else "" for client in clients]
            rows.append([row(first), *shown, same])
        return columns(rows)


def _styled(verdict: Verdict, room: int = 0) -> Styled:
    return Styled(f"{verdict:<{room}}", COLOURS[verdict])


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


def _may_be_live() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") not in {"dumb", None}
