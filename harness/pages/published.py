"""All that a project publishes, held against what it should be. Nothing is run for it."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from harness.model.problem import InvalidError, Problem
from harness.pages import committed, quickstart
from harness.pages.contents import contents
from harness.pages.git_files import pages_on_disk
from harness.pages.proof import Gate, Unproven, sort
from harness.pages.snippet import SIGN, Published
from harness.render.stale import WHY, stale

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.model.project import Project
    from harness.pages.git_files import Repository
    from harness.pages.proof import Proven


def check(
    root: Path, project: Project, repository: Repository | None, *, staged: bool = False
) -> tuple[list[Unproven], list[Problem]]:
    """Everything that is stale, each fault once: a sample that is stale is not also unproven.

    Args:
        root: The project's root.
        project: The project.
        repository: The one that it is in. A file that it does not know is in no clone.
        staged: Whether all must be in the index, too, as it is here.

    Returns:
        What is stale, and what is wrong in pages.

    Raises:
        InvalidError: A sample cannot be rendered.
        HarnessError: A file cannot be read, or git does not answer.
    """
    cells = list(project.cells())
    old = stale(root, cells)
    faults = [Unproven(name=one.path, why=WHY[one.why], remedy=one.remedy) for one in old]
    gate = Gate(root)
    faults += gate.others(project)
    paths = {one.path for one in old}
    proven, unproven = sort(gate.look(cell) for cell in cells if cell.path not in paths)
    faults += [] if gate.unreadable else unproven
    pages = repository.pages() if repository else pages_on_disk(root)
    known, unread = contents(pages, lambda _: root, lambda path: path.relative_to(root).as_posix())
    marked, problems = _marked(root, project, known)
    problems = [*unread, *problems]
    if not faults:  # what is not proven is on no page
        try:
            faults += _quickstarts(root, project, proven)
        except InvalidError as error:
            problems += error.problems
        faults += marked
    if repository:
        needed = committed.publishing(root, project)
        faults += committed.unknown(repository, root, needed)
        if staged:
            with_markers = repository.staged_pages(MARKED.decode()) | {
                path.relative_to(root).as_posix()
                for path, content in known.items()
                if MARKED in content
            }
            faults += committed.unstaged(repository, root, needed, with_markers)
    return faults, problems


def _quickstarts(root: Path, project: Project, proven: Sequence[Proven]) -> Iterator[Unproven]:
    for one in quickstart.stale(root, quickstart.pages(root, project, proven)):
        yield Unproven(name=one.path, why=quickstart.told(one), remedy=one.remedy)
    for path in quickstart.leftovers(root):
        why = f"is in no language of {quickstart.MESSAGES}"
        yield Unproven(name=path, why=why, remedy="remove it, or add its messages")


def _marked(
    root: Path, project: Project, known: Mapping[Path, bytes]
) -> tuple[list[Unproven], list[Problem]]:
    """Pages that people write, with samples between markers: what is stale, and what is wrong."""
    pages = {path: content for path, content in known.items() if SIGN.search(content)}
    if not pages:
        return [], []
    from harness.pages.inject import inject  # reads Markdown, which takes long to import

    samples = Published(root, project)
    faults: list[Unproven] = []
    problems: list[Problem] = []
    for path, content in pages.items():
        name, typed = path.relative_to(root).as_posix(), shlex.quote(os.path.relpath(path))
        made = inject(content, name, samples)
        problems += made.problems
        if made.edited:
            why = "somebody wrote between its markers"
            faults.append(Unproven(name=name, why=why, remedy=f"{INJECT} --force {typed}"))
        elif made.content != content:
            why = "is not what its markers ask for"
            faults.append(Unproven(name=name, why=why, remedy=f"{INJECT} {typed}"))
    return [*faults, *samples.unproven.values()], problems


MARKED = b"snippet:"
"""In every marker that asks for a sample."""

INJECT = "sampleproof docs inject"
