"""`sampleproof docs check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option
from harness.printer import say

if TYPE_CHECKING:
    from pathlib import Path


@click.command("check")
@click.option(
    "--staged",
    is_flag=True,
    help="Hold what git's index has, which a commit takes, against it, too.",
)
@project_option
def command(project: Path | None, *, staged: bool) -> int:
    """Say whether all that is published is fresh and has passed. Runs nothing.

    Exits with 4 if a sample, a receipt or a page is stale, and names the
    command that mends it; with 2 if a page has a marker that is wrong. A
    file that these rest on, and that git does not know, is stale as well.

    \b
    Examples:
      sampleproof docs check
      sampleproof docs check --staged    before a commit
    """
    from harness.cli.docs.told import in_repository, staging, tell
    from harness.model.problem import InvalidError
    from harness.pages.published import check

    root, content = opened(project)
    found = staging(root) if staged else in_repository(root)
    faults, problems = check(root, content, found, staged=staged)
    code = tell(faults, project) if faults else 0
    if problems:
        raise InvalidError(problems)
    if code:
        return code
    say("Everything published is fresh, and has passed.")
    return 0
