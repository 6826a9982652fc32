"""All that a project publishes, held against what it should be. Nothing is run for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.pages import quickstart
from harness.pages.proof import Gate, Unproven, sort
from harness.render.generated import read
from harness.render.stale import WHY, stale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.model.project import Project
    from harness.pages.proof import Proven


def check(root: Path, project: Project) -> list[Unproven]:
    """Everything that is stale, each fault once: a sample that is stale is not also unproven.

    Raises:
        InvalidError: A sample or a page cannot be rendered.
        HarnessError: A file cannot be read.
    """
    cells = list(project.cells())
    old = stale(root, cells)
    faults = [Unproven(name=one.path, why=WHY[one.why], remedy=one.remedy) for one in old]
    gate = Gate(root)
    faults += gate.others(project)
    paths = {one.path for one in old}
    proven, unproven = sort(gate.look(cell) for cell in cells if cell.path not in paths)
    faults += [] if gate.unreadable else unproven
    if not faults:  # what is not proven is on no page
        faults += _pages(root, project, proven)
    return faults


def _pages(root: Path, project: Project, proven: Sequence[Proven]) -> Iterator[Unproven]:
    for page in quickstart.pages(root, project, proven):
        found = read(root / page.path)
        if found != page.text.encode():
            why = WHY["missing"] if found is None else "is not what its template and messages give"
            yield Unproven(name=page.path, why=why, remedy=QUICKSTART)
    for path in quickstart.leftovers(root):
        why = f"is in no language of {quickstart.MESSAGES}"
        yield Unproven(name=path, why=why, remedy="remove it, or add its messages")


QUICKSTART = "sampleproof docs quickstart"
