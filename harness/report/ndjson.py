"""Writing and reading a report: NDJSON with a header, a line per cell, and a footer."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError, InvalidError, Problem
from harness.report import line as lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.report.line import Line

NAME = "report.ndjson"


class Writer:
    """Writes a report line by line, in the order of the matrix, whatever order cells end in.

    It grows beside its place and is renamed when its footer stands: there is no torn report.
    """

    def __init__(self, folder: Path, header: Line, ids: Sequence[str]) -> None:
        """Begin a report.

        Raises:
            HarnessError: The folder cannot be written.
        """
        self.path = folder / NAME
        self._beside = folder / f".{NAME}.{os.getpid()}"
        self._next = iter(ids)
        self._due = next(self._next, None)
        self._early: dict[str, bytes] = {}
        self._written: list[tuple[str, str]] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            self._file = self._beside.open("wb")
        except OSError as error:
            raise HarnessError(
                f"the report cannot be written: {error.filename}: {error.strerror}",
                "name another folder with --report DIR",
            ) from error
        self._file.write(lines.encode(header))

    def cell(self, line: Line) -> None:
        """Take a cell's line."""
        self._written.append(("cell", line["verdict"]))
        self._early[line["id"]] = lines.encode(line)
        while self._due is not None and self._due in self._early:
            self._file.write(self._early.pop(self._due))
            self._due = next(self._next, None)

    def parity(self, line: Line) -> None:
        """Take a parity's line; all cells have been taken."""
        self._written.append(("parity", line["verdict"]))
        self._file.write(lines.encode(line))

    def finish(self, exit_code: int, duration_ms: float) -> None:
        """Write the footer, and put the report in its place."""
        self._file.write(lines.encode(lines.footer(self._written, exit_code, duration_ms)))
        self._file.close()
        self._beside.replace(self.path)

    def abandon(self) -> None:
        """Leave no half report."""
        self._file.close()
        self._beside.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what earlier calls left half-written because they were killed."""
    for path in folder.glob(f".{NAME}.*"):
        try:
            os.kill(int(path.suffix[1:]), 0)
        except ProcessLookupError:
            path.unlink(missing_ok=True)
        except (ValueError, PermissionError):
            continue


def read(path: Path) -> list[Line]:
    """All lines of a whole report.

    Raises:
        InvalidError: It cannot be read, is not a report, or is incomplete.
    """
    found: list[Line] = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                try:
                    found.append(json.loads(text))
                except ValueError as error:
                    problem = Problem(file=str(path), line=number, message=f"not JSON: {error}")
                    raise InvalidError([problem]) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InvalidError(
            [Problem(file=str(path), message=f"cannot be read: {reason}")]
        ) from error
    if not found or found[0].get("type") != "report":
        raise InvalidError([Problem(file=str(path), line=1, message="this is not a report")])
    if found[-1].get("type") != "footer":
        problem = Problem(
            file=str(path),
            message="this report is incomplete: it has no footer",
            hint="run it again",
        )
        raise InvalidError([problem])
    return found
