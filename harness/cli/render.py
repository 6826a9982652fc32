"""`sampleproof render`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option
from harness.model.escape import one_line
from harness.printer import say
from harness.typed import as_typed

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model.project import Project
    from harness.pages.proof import Unproven
    from harness.render.stale import Stale


TOLD = {"leftover", "by hand"}
"""What is told with what mends it. The others are rendered anew."""


@click.command("render")
@click.option("--check", is_flag=True, help="Write nothing; exit with 4 if a sample is stale.")
@click.option(
    "--staged",
    is_flag=True,
    help="With --check: what git's index has, which a commit takes, counts.",
)
@click.option("--force", is_flag=True, help="Replace what was written or changed by hand.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@project_option
def command(project: Path | None, *, check: bool, staged: bool, force: bool, diff: bool) -> int:
    """Write every client's samples from the scenarios and templates.

    A file that is not as it was rendered last is somebody's work: nothing
    is written, and what would be lost is told, unless --force is given.

    \b
    Examples:
      sampleproof render
      sampleproof render --check --diff
    """
    from harness.cli.main import STALE
    from harness.render.stale import stale, write

    if staged and not check:
        raise click.UsageError("--staged is for --check")
    root, content = opened(project)
    cells = list(content.cells())
    if not (check or diff):
        for one in write(root, cells, force=force):
            say(_told(one) if one.why == "leftover" else f"wrote {one_line(one.path)}")
        say(f"{len(cells)} samples are fresh.")
        return 0
    found = stale(root, cells)
    lost = _lost(root, content) if staged else []
    for one in found:
        say(as_typed(_told(one), project))
        if diff:
            say(one.diff, end="")
    for fault in lost:
        say(f"{fault.name}: {fault.why}; {fault.mend}")
    if not (found or lost):
        say(f"{len(cells)} samples are fresh.")
        return 0
    total = f"stale samples: {len(found)}" if found else f"not as they are here: {len(lost)}"
    if any(one.why not in TOLD for one in found):
        total += as_typed("; render them with: sampleproof render", project)
    say(total, err=True)
    return STALE if check else 0


def _lost(root: Path, project: Project) -> list[Unproven]:
    """What a commit would not take as it is here."""
    from harness.cli.docs.told import staging
    from harness.pages.committed import rendering, unknown, unstaged

    repository, needed = staging(root), rendering(project)
    return [*unknown(repository, root, needed), *unstaged(repository, root, needed)]


def _told(one: Stale) -> str:
    from harness.render.stale import WHY

    # What mends the others is told once, at the end.
    mend = f"; {one.remedy}" if one.why in TOLD else ""
    return f"{one.path}: {WHY[one.why]}{mend}"
