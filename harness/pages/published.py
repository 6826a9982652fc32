"""All that a project publishes, held against what it should be. Nothing is run for it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from harness.model.problem import InvalidError
from harness.pages import quickstart
from harness.pages.inject import inject
from harness.pages.proof import Gate, Unproven, sort
from harness.pages.snippet import Published
from harness.pages.tracked import tracked
from harness.render.generated import read
from harness.render.stale import WHY, stale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.model.problem import Problem
    from harness.model.project import Project
    from harness.pages.proof import Proven


def check(root: Path, project: Project) -> list[Unproven]:
    """Everything that is stale, each fault once: a sample that is stale is not also unproven.

    Raises:
        InvalidError: A sample or a page cannot be rendered, or a page's markers are wrong.
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
        faults += _injected(root, project)
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


def _injected(root: Path, project: Project) -> list[Unproven]:
    samples = Published(root, project)
    stale: list[Unproven] = []
    problems: list[Problem] = []
    # Outside of a repository, nobody can tell which pages are the project's.
    for path in tracked(root) or ():
        name, content = path.relative_to(root).as_posix(), read(path) or b""
        made = inject(content, name, samples)
        problems += made.problems
        if made.content != content:
            stale.append(Unproven(name=name, why=MARKED, remedy=f"{INJECT} {shlex.quote(name)}"))
    if problems:
        raise InvalidError(problems)
    return [*samples.unproven.values(), *stale]


MARKED = "is not what its markers ask for"
INJECT = "sampleproof docs inject"
QUICKSTART = "sampleproof docs quickstart"
