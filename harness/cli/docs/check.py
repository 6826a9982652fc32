"""`sampleproof docs check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command("check")
@project_option
def command(project: Path | None) -> int:
    """Say whether all that is published is fresh and has passed. Runs nothing.

    Exits with 4 if a sample, a receipt or a page is stale, and names the
    command that mends it; with 2 if a page has a marker that is wrong.

    \b
    Example:
      sampleproof docs check
    """
    from harness.cli.docs.told import tell
    from harness.model.problem import InvalidError
    from harness.pages.published import check

    faults, problems = check(*opened(project))
    code = tell(faults, project) if faults else 0
    if problems:
        raise InvalidError(problems)
    if code:
        return code
    click.echo("Everything published is fresh, and has passed.")
    return 0
