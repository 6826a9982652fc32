"""Tables of plain text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def columns(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """Rows as lines, each column as wide as its widest cell; colour takes no room."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [
        "".join(
            cell + " " * (width - _width(cell) + gap)
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    return len(COLOUR.sub("", text))
