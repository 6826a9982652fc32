"""The gate: a sample is published only while a receipt says that just these bytes passed."""

from __future__ import annotations

import hashlib
import shlex
from typing import TYPE_CHECKING

import msgspec

from harness.model.basis import Digests
from harness.model.cell import Cell
from harness.model.secret_forms import found_in
from harness.pages import receipt
from harness.render.generated import read
from harness.render.sample import render

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.model.project import Project


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """A sample that may be published."""

    cell: Cell
    text: str
    """Just what passed."""
    receipt: receipt.Receipt


class Unproven(msgspec.Struct, frozen=True, kw_only=True):
    """A sample that may not."""

    name: str
    """The cell's, or the file's."""
    why: str
    remedy: str
    """A command, or what only people can decide."""

    @property
    def mend(self) -> str:
        """What to do, in words."""
        command = self.remedy.startswith(("sampleproof ", "git "))
        return f"mend it with: {self.remedy}" if command else self.remedy


class Gate:
    """Tells samples that may be published from those that may not."""

    def __init__(self, root: Path) -> None:
        """Read the project's receipts.

        Raises:
            HarnessError: They cannot be read.
        """
        self._root = root
        self._digests = Digests(root)
        self._receipts = receipt.load(root)

    def look(self, cell: Cell) -> Proven | Unproven:
        """One sample, as it would be published now.

        Raises:
            InvalidError: It cannot be rendered.
            HarnessError: It cannot be read.
        """
        content = (
            read(self._root / cell.path, self._root) if cell.committed else render(cell).encode()
        )
        if content is None:
            return Unproven(name=cell.id, why=f"{cell.path} is not there", remedy=RENDER)
        found = self._receipts.by_cell.get(cell.id)
        why = self._missing(cell) if found is None else self._changed(cell, content, found)
        if found is None or why:
            remedy = f"sampleproof run {shlex.quote(cell.id)} && {RECEIPTS}"
            return Unproven(name=cell.id, why=why, remedy=remedy)
        text = content.decode()
        if secrets := found_in(text):
            line = text.count("\n", 0, secrets[0].start) + 1
            why = f"line {line} looks as if it held {secrets[0].what}"
            remedy = f"take it out of {cell.path}: samples read theirs from the environment"
            return Unproven(name=cell.id, why=why, remedy=remedy)
        return Proven(cell=cell, text=text, receipt=found)

    def _missing(self, cell: Cell) -> str:
        if cell.id in self._receipts.broken:
            return f"its receipt in {receipt.FILE} was edited"
        return "there is no receipt that it passed"

    def _changed(self, cell: Cell, content: bytes, found: receipt.Receipt) -> str:
        if hashlib.sha256(content).hexdigest() != found.sample:
            return "the sample has changed since it passed"
        now = self._digests.basis(cell)
        changed = [
            path for path in {**found.basis, **now} if found.basis.get(path) != now.get(path)
        ]
        if changed:
            have = "has" if len(changed) == 1 else "have"
            return f"{' and '.join(changed)} {have} changed since it passed"
        return ""

    @property
    def unreadable(self) -> bool:
        """Whether the receipts hold nothing at all that can be read."""
        found = self._receipts
        return found.edited and not (found.by_cell or found.broken)

    def others(self, project: Project) -> list[Unproven]:
        """What is wrong with the receipts themselves."""
        known = {cell.id for cell in project.cells(project.catalog.models)}
        extra = [name for name in self._receipts.by_cell if name not in known]
        found = [
            Unproven(name=receipt.FILE, why=f"there is no sample {name}", remedy=RECEIPTS)
            for name in extra
        ]
        if self._receipts.edited:
            why = "is not as it was written"
            found.append(Unproven(name=receipt.FILE, why=why, remedy=ALL))
        return found


RENDER = "sampleproof render"
RECEIPTS = "sampleproof docs receipts"
ALL = f"sampleproof run && {RECEIPTS}"


def sort(looked: Iterable[Proven | Unproven]) -> tuple[list[Proven], list[Unproven]]:
    """Those that may be published, and those that may not."""
    proven, unproven = [], []
    for one in looked:
        if isinstance(one, Proven):
            proven.append(one)
        else:
            unproven.append(one)
    return proven, unproven
