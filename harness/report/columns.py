"""Tables of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from harness.model.escape import one_line
from harness.printer import Styled, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.printer import Line, Part


def columns(rows: Sequence[Sequence[Part]], gap: int = 2) -> list[Line]:
    """Rows as lines, each column as wide as its widest cell."""
    cells = [[_cell(part) for part in row] for row in rows]
    widths = [max(width(cell.text) for cell in column) for column in zip(*cells, strict=True)]
    return [_line(row, widths, gap) for row in cells]


def _cell(part: Part) -> Styled:
    one = Styled(part) if isinstance(part, str) else part
    return replace(one, text=one_line(one.text))


def _line(row: Sequence[Styled], widths: Sequence[int], gap: int) -> Line:
    parts: list[Part] = []
    due = 0
    for cell, room in zip(row, widths, strict=True):
        if cell.text:
            parts += [" " * due, cell] if due else [cell]
            due = 0
        due += room - width(cell.text) + gap
    return tuple(parts)
