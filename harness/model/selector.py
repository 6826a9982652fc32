"""Selectors: how a user names cells on the command line.

`python/basic` is one cell, `python` all of a client, `*/streaming` all of a scenario,
`python/basic@Phi-3-mini-4k-instruct` one of another model, and a sample file's path its own cell.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.cell import Cell
    from harness.model.project import Project


def select(
    project: Project,
    root: Path,
    selectors: Sequence[str] = (),
    *,
    clients: Sequence[str] = (),
    scenarios: Sequence[str] = (),
    models: Sequence[str] = (),
) -> list[Cell]:
    """The cells that a call names, in the order of the matrix.

    Args:
        project: The project.
        root: Its root, against which files' paths are held.
        selectors: As described above; none means all.
        clients: Restricts to these.
        scenarios: Restricts to these.
        models: These instead of the default; `all` means every one of the catalogue.

    Raises:
        InvalidError: A name is unknown, or a selector matches nothing; with near names.
    """
    from harness.model.loader import near

    problems: list[Problem] = []
    for option, wanted, known in (
        ("--client", clients, list(project.clients)),
        ("--scenario", scenarios, list(project.scenarios)),
        ("--model", models, [*project.catalog.models, "all"]),
    ):
        for name in wanted:
            if name not in known:
                hint = near(name, known) or f"known: {', '.join(known)}"
                problems.append(
                    Problem(file="", message=f"{option}: there is no {name!r}", hint=hint)
                )
    if problems:
        raise InvalidError(problems)
    every = list(project.cells(_models(project, selectors, models)))
    cells = [
        cell
        for cell in every
        if (not clients or cell.client.name in clients)
        and (not scenarios or cell.scenario.name in scenarios)
    ]
    matches = {text: [cell for cell in cells if _matches(text, cell, root)] for text in selectors}
    for text, found in matches.items():
        if not found:
            left = [*(cell.id for cell in cells), *(cell.client.name for cell in cells)]
            known = list(dict.fromkeys(left))  # no name that the options rule out
            hint = near(text, known) or f"known: {', '.join(known[:12])}"
            problems.append(Problem(file="", message=f"no sample matches {text!r}", hint=hint))
    if problems:
        raise InvalidError(problems)
    chosen = {cell.id for found in matches.values() for cell in found}
    return [cell for cell in cells if not selectors or cell.id in chosen]


def _models(project: Project, selectors: Sequence[str], models: Sequence[str]) -> list[str]:
    known = list(project.catalog.models)
    if "all" in models:
        return known
    named = [
        name
        for name in known
        if any(fnmatchcase(name, text.partition("@")[2]) for text in selectors)
    ]
    default = [project.catalog.default_model]
    return list(dict.fromkeys([*(models or default), *named]))


def _matches(text: str, cell: Cell, root: Path) -> bool:
    short = f"{cell.client.name}/{cell.scenario.name}"
    if text == cell.client.name or fnmatchcase(cell.id, text):
        return True
    if "@" in text:
        return fnmatchcase(f"{short}@{cell.model}", text)
    if fnmatchcase(short, text):
        return True
    return cell.committed and Path(text).resolve() == (root / cell.path).resolve()
