"""The committed samples, held against what their scenarios and templates give now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.model.files import replace
from harness.render.generated import difference, read
from harness.render.sample import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.model.cell import Cell

WHY = {
    "missing": "is not there",
    "differs": "is not what its scenario and template give",
    "leftover": "comes from no scenario",
}
"""In words, after the file's name."""


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """A committed sample that is not what it should be."""

    path: str
    """From the project's root."""
    why: Literal["missing", "differs", "leftover"]
    diff: str
    """From what is committed to what should be, as a unified diff; empty for a leftover."""

    @property
    def remedy(self) -> str:
        """What mends it."""
        if self.why == "leftover":
            return "remove it, or add its scenario"
        return "sampleproof render"


def stale(root: Path, cells: Iterable[Cell]) -> list[Stale]:
    """Every committed sample whose bytes are not exactly those that its cell renders to.

    Args:
        root: The project's root.
        cells: All there are; those that are not committed count for nothing.

    Raises:
        InvalidError: A cell cannot be rendered.
        HarnessError: A file cannot be read.
    """
    committed = [cell for cell in cells if cell.committed]
    found = []
    for cell in committed:
        is_bytes, should_be = read(root / cell.path), render(cell).encode()
        if is_bytes != should_be:
            why: Literal["missing", "differs"] = "missing" if is_bytes is None else "differs"
            diff = difference(cell.path, is_bytes, should_be)
            found.append(Stale(path=cell.path, why=why, diff=diff))
    leftovers = _leftovers(root, committed)
    return found + [Stale(path=path, why="leftover", diff="") for path in leftovers]


def write(root: Path, cells: Iterable[Cell]) -> list[Stale]:
    """Render every committed sample that is stale, each whole or not at all.

    Files that no scenario gives are left alone: they may be someone's work.

    Args:
        root: The project's root.
        cells: All the cells there are.

    Returns:
        What was stale. All but the leftovers is so no more.

    Raises:
        InvalidError: A cell cannot be rendered; then nothing has been written.
        HarnessError: A file cannot be read or written.
    """
    committed = [cell for cell in cells if cell.committed]
    found = stale(root, committed)
    texts = {cell.path: render(cell) for cell in committed}
    for entry in found:
        if entry.why != "leftover":
            replace(root / entry.path, texts[entry.path].encode())
    return found


def _leftovers(root: Path, cells: list[Cell]) -> Iterator[str]:
    given = {cell.path for cell in cells}
    kinds = {(Path(cell.path).parent, cell.client.suffix) for cell in cells}
    for folder, suffix in sorted(kinds):
        for path in sorted((root / folder).glob(f"*{suffix}")):
            name = (folder / path.name).as_posix()
            if name not in given and path.is_file():
                yield name
