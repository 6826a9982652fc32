"""The committed samples, held against what their scenarios and templates give now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.model import files
from harness.model.problem import InvalidError, Problem
from harness.render.generated import difference, read
from harness.render.sample import render
from harness.render.written import FILE, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.model.cell import Cell

WHY = {
    "missing": "is not there",
    "differs": "is not what its scenario and template give",
    "line ends": "has the line ends of Windows (CRLF), as git's core.autocrlf makes them",
    "by hand": "was written or changed by hand",
    "leftover": "comes from no scenario",
    "unnoted": "lacks what was written last",
}
"""In words, after the file's name."""

Why = Literal["missing", "differs", "line ends", "by hand", "leftover", "unnoted"]


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """A committed file of ours that is not what it should be."""

    path: str
    """From the project's root."""
    why: Why
    diff: str
    """From what is committed to what should be, as a unified diff; empty if it is not about content."""
    source: str = "the scenario or the template"
    """What it is made from."""
    command: str = "sampleproof render"
    """What makes it."""

    @property
    def remedy(self) -> str:
        """What mends it."""
        if self.why == "leftover":
            return "remove it, or add its scenario"
        if self.why == "by hand":
            return f"take it into {self.source}, or replace it with: {self.command} --force"
        return self.command

    @property
    def lost(self) -> str:
        """How many lines would be lost, and how many would come in their place."""
        marks = [line[0] for line in self.diff.splitlines()[2:] if line]
        return f"replacing it would cost lines: -{marks.count('-')} +{marks.count('+')}"


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
    written = Written(root)
    found: list[Stale] = []
    unnoted = False
    for cell in committed:
        is_bytes, should_be = read(root / cell.path, root), render(cell).encode()
        if is_bytes == should_be:
            unnoted = unnoted or not written.holds(cell.path, should_be)
        else:
            diff = difference(cell.path, is_bytes, should_be)
            found.append(Stale(path=cell.path, why=written.why(cell.path, is_bytes), diff=diff))
    if unnoted and not found:
        found.append(Stale(path=FILE, why="unnoted", diff=""))
    leftovers = _leftovers(root, committed)
    return found + [Stale(path=path, why="leftover", diff="") for path in leftovers]


def write(root: Path, cells: Iterable[Cell], *, force: bool = False) -> list[Stale]:
    """Render every committed sample that is stale, each whole or not at all.

    Files that no scenario gives are left alone: they may be someone's work. So may those that are
    not as they were rendered last.

    Args:
        root: The project's root.
        cells: All the cells there are.
        force: Whether what somebody wrote by hand is replaced, too.

    Returns:
        What was stale. All but the leftovers is so no more.

    Raises:
        InvalidError: A cell cannot be rendered, or somebody's work would be lost; then nothing has
            been written.
        HarnessError: A file cannot be read or written.
    """
    committed = [cell for cell in cells if cell.committed]
    found = stale(root, committed)
    if not force:
        spare(found)
    contents = {cell.path: render(cell).encode() for cell in committed}
    changed = [one.path for one in found if one.path in contents]
    files.check([root / path for path in (*changed, FILE)], root)
    for path in changed:
        files.replace(root / path, contents[path], root)
    Written(root).note(contents)
    return found


def spare(found: Iterable[Stale]) -> None:
    """See that nobody's work would be lost.

    Raises:
        InvalidError: It would, and how much of it.
    """
    problems = [
        Problem(file=one.path, message=f"{WHY[one.why]}: {one.lost}", hint=one.remedy)
        for one in found
        if one.why == "by hand"
    ]
    if problems:
        raise InvalidError(problems)


def _leftovers(root: Path, cells: list[Cell]) -> Iterator[str]:
    given = {cell.path for cell in cells}
    kinds = {(Path(cell.path).parent, cell.client.suffix) for cell in cells}
    for folder, suffix in sorted(kinds):
        for found in files.listed(root / folder, root, suffix):
            name = (folder / found).as_posix()
            if name not in given and (root / name).is_file():
                yield name
