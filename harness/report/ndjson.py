"""Writing and reading a report: NDJSON with a header, a line per cell, and a footer."""

from __future__ import annotations

import errno
import os
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.gathering import groups
from harness.model import files
from harness.model.folder import Folder, RefusedError
from harness.model.problem import HarnessError, InvalidError, Problem
from harness.model.redactor import redacted_value
from harness.report.decode import Order, UnfitError, decode
from harness.report.line import encode, footer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from harness.model.cell import Cell
    from harness.report.line import Line

NAME = "report.ndjson"

LINE_BYTES = 32 * 1024**2
"""The longest line that is read: what a run keeps of a sample is far less."""

SHOWN = 200
"""Characters of a place in a line that a message shows."""


class Writer:
    """Writes a report line by line, in the order of the matrix, whatever order cells end in.

    It grows beside its place and is renamed when its footer stands: there is no torn report.
    """

    def __init__(
        self, folder: Path, header: Line, order: Iterable[str] = (), within: Path | None = None
    ) -> None:
        """Begin a report.

        Args:
            folder: Where it goes.
            header: Its first line.
            order: The names of the lines that follow, as `order` gives them.
            within: The root that it must not lead out of; the folder itself, if that is its own.

        A folder that is made for it is left out of git. That a folder cannot be written is told at
        the end: what runs can still be shown.
        """
        self.path = folder / NAME
        self._within = within or folder
        self._beside = f".{NAME}.{os.getpid()}"
        self._next = iter(order)
        self._due = next(self._next, None)
        self._early: dict[str, bytes] = {}
        self._counts: dict[str, Counter[str]] = {"cells": Counter(), "parity": Counter()}
        self._file: BinaryIO | None = None
        self._fault: OSError | None = None
        self._is_made = not os.path.lexists(folder)
        try:
            with self._opened() as place:
                _sweep(place)
                place.remove(self._beside)
                self._file = place.create(self._beside, place.mode(NAME))
        except OSError as error:
            self._fault = error
        self._write(encode(header))

    def _opened(self) -> Folder:
        return Folder(self.path.parent, self._within, make=True, look=True)

    def cell(self, line: Line) -> None:
        """Take a cell's line."""
        self._take(line["id"], line)

    def parity(self, line: Line) -> None:
        """Take the line of a scenario and model."""
        self._take(_parity(line["scenario"], line["model"]), line)

    def _take(self, name: str, line: Line) -> None:
        self._count(line)
        self._early[name] = encode(line)
        while self._due is not None and self._due in self._early:
            self._write(self._early.pop(self._due))
            self._due = next(self._next, None)

    def _count(self, line: Line) -> None:
        self._counts["cells" if line["type"] == "cell" else "parity"][line["verdict"]] += 1

    def copy(self, line: Line, text: bytes) -> None:
        """Take a line as it stands in another report, to follow what has been written."""
        self._count(line)
        self._write(text)

    def _write(self, text: bytes) -> None:
        if self._file is None or self._fault is not None:
            return
        try:
            self._file.write(text)
        except OSError as error:
            self._fault = error

    def finish(self, exit_code: int, duration_ms: float) -> None:
        """Write the footer, and put the report in its place.

        Raises:
            HarnessError: It could not be written; what was there before still is.
        """
        run = {"duration_ms": round(duration_ms, 1)}
        self._write(encode(footer(self._counts, exit_code, run)))
        self._place()

    def break_off(self) -> None:
        """Put a report of what has ended in its place: without a footer, so that nobody takes it for whole.

        What an earlier run left there must not pass for what this one found.

        Raises:
            HarnessError: It could not be written; what was there before still is.
        """
        for name in (self._due, *self._next):
            if name in self._early:
                self._write(self._early.pop(name))
        self._place()

    def _place(self) -> None:
        try:
            if self._fault is None and self._file is not None:
                self._file.close()
                with self._opened() as place:
                    place.put(self._beside, NAME)
                if self._is_made:  # one that was there is the user's, who may keep reports in git
                    files.leave_out_of_git(self.path.parent, self._within)
        except OSError as error:
            self._fault = error
        if self._fault is not None:
            self.abandon()
            raise unwritten(self._fault, self.path)

    def abandon(self) -> None:
        """Leave no half report."""
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
        with suppress(OSError), self._opened() as place:
            place.remove(self._beside)


def unwritten(error: OSError, path: Path) -> HarnessError:
    """Why a file of the report could not be written."""
    if isinstance(error, RefusedError):
        reason = f"{error.filename}: {error.strerror}"
        return HarnessError(f"the report cannot be written: {reason}", error.hint)
    reason = f"{path}: {error.strerror or error}"
    remedy = "name another folder with --report DIR"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        remedy = f"make room on the disk, or {remedy}"
    return HarnessError(f"the report cannot be written: {reason}", remedy)


def order(cells: Iterable[Cell]) -> Iterator[str]:
    """The names of a report's lines: each group's cells, then how they compare."""
    for group in groups(cells):
        yield from (cell.id for cell in group)
        yield _parity(group[0].scenario.name, group[0].model)


def _parity(scenario: str, model: str) -> str:
    return f"{scenario}@{model}"  # no cell's name is without a slash


def _sweep(folder: Folder) -> None:
    """Remove what earlier calls left half-written because they were killed."""
    for name in folder.names():
        number = name.removeprefix(f".{NAME}.")
        if number == name or not number.isdecimal():
            continue
        try:
            os.kill(int(number), 0)
        except (ProcessLookupError, OverflowError):
            folder.remove(name)
        except PermissionError:
            continue


def place(path: Path) -> Path:
    """A report's file: the one that is named, or the one in the folder that is."""
    return path / NAME if path.is_dir() else path


def texts(path: Path) -> Iterator[tuple[Line, bytes]]:
    """The lines of a whole report, one by one, each with its text.

    Raises:
        InvalidError: It cannot be read, is not a report, or is incomplete. That may only be known
            at its end.
    """
    number, order = 0, Order()
    try:
        with files.opened(path, files.bounds(path)) as file:
            while text := file.readline(LINE_BYTES + 1):
                number += 1
                line = _read(text)
                order.take(line)
                # Whoever wrote it may have masked nothing.
                clean = redacted_value(line)
                yield clean, text if clean is line else encode(clean)
    except OSError as error:
        raise _unfit(path, 0, f"cannot be read: {error.strerror or error}") from error
    except UnfitError as error:
        message = error.message if number > 1 else f"this is not a report: {error.message}"
        raise _unfit(path, number, message, field=error.field[:SHOWN]) from None
    if not number:
        raise _unfit(path, 0, "this is not a report: it is empty")
    if not order.whole:
        raise _unfit(path, 0, "this report is incomplete: it has no footer", "run it again")


def _read(text: bytes) -> Line:
    if len(text) > LINE_BYTES:
        raise UnfitError("", f"a line of more than {LINE_BYTES:,} bytes")
    return decode(text)


def _unfit(path: Path, line: int, message: str, hint: str = "", field: str = "") -> InvalidError:
    found = Problem(file=str(path), line=line, field=field, message=message, hint=hint)
    return InvalidError([found])


def lines(path: Path) -> Iterator[Line]:
    """The lines of a whole report, one by one; raises what `texts` does."""
    return (line for line, _ in texts(path))


def read(path: Path) -> list[Line]:
    """All lines of a whole report; raises what `texts` does."""
    return list(lines(path))


def durations_in(report: Path) -> dict[str, float]:
    """How long each cell took in an earlier run.

    Args:
        report: Its report, or the folder that has it.

    Raises:
        InvalidError: It cannot be read, or is no whole report.
    """
    return {
        line["id"]: line["run"]["duration_ms"]
        for line in lines(place(report))
        if line["type"] == "cell" and "duration_ms" in line["run"]
    }
