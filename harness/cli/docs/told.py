"""How what must not be published is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.main import STALE
from harness.model.escape import one_line
from harness.printer import say
from harness.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.pages.git_files import Repository
    from harness.pages.proof import Unproven


def in_repository(root: Path) -> Repository | None:
    """The repository that a project is in; that there is none is told.

    Raises:
        HarnessError: Git does not answer.
    """
    from harness.pages.git_files import repository

    found = repository(root)
    if found is None:
        say(f"{root} is in no git repository: every page in it counts.", err=True)
    return found


def staging(root: Path) -> Repository:
    """The repository whose index will be committed.

    Raises:
        InvalidError: There is none.
        HarnessError: Git does not answer.
    """
    from harness.model.problem import invalid
    from harness.pages.git_files import repository

    found = repository(root)
    if found is None:
        raise invalid(f"--staged: {root} is in no git repository", hint="leave it out")
    return found


def tell(faults: Sequence[Unproven], project: Path | None) -> int:
    """Tell of each, with what mends it.

    Args:
        faults: What must not be published.
        project: The folder that the user named.

    Returns:
        The exit code.
    """
    for one in faults:
        say(f"{one_line(one.name)}: {one.why}; {as_typed(one.mend, project)}")
    say(f"stale: {len(faults)}", err=True)
    return STALE
