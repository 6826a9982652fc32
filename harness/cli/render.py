"""`sampleproof render`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option
from harness.typed import as_typed

if TYPE_CHECKING:
    from pathlib import Path

    from harness.render.stale import Stale


@click.command("render")
@click.option("--check", is_flag=True, help="Write nothing; exit with 4 if a sample is stale.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@project_option
def command(project: Path | None, *, check: bool, diff: bool) -> int:
    """Write every client's samples from the scenarios and templates.

    \b
    Examples:
      sampleproof render
      sampleproof render --check --diff
    """
    from harness.cli.main import STALE
    from harness.render.stale import stale, write

    root, content = opened(project)
    cells = list(content.cells())
    if not (check or diff):
        for one in write(root, cells):
            click.echo(_told(one) if one.why == "leftover" else f"wrote {one.path}")
        click.echo(f"{len(cells)} samples are fresh.")
        return 0
    found = stale(root, cells)
    for one in found:
        click.echo(_told(one))
        if diff:
            click.echo(one.diff, nl=False)
    if not found:
        click.echo(f"{len(cells)} samples are fresh.")
        return 0
    total = f"stale samples: {len(found)}"
    if any(one.why != "leftover" for one in found):
        total += as_typed("; render them with: sampleproof render", project)
    click.echo(total, err=True)
    return STALE if check else 0


def _told(one: Stale) -> str:
    from harness.render.stale import WHY

    # What mends the others is told once, at the end.
    mend = f"; {one.remedy}" if one.why == "leftover" else ""
    return f"{one.path}: {WHY[one.why]}{mend}"
