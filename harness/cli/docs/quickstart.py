"""`sampleproof docs quickstart`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option
from harness.printer import say
from harness.typed import as_typed

if TYPE_CHECKING:
    from pathlib import Path


@click.command("quickstart")
@click.option("--check", is_flag=True, help="Write nothing; exit with 4 if a page is stale.")
@click.option("--force", is_flag=True, help="Replace what was written or changed by hand.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@project_option
def command(project: Path | None, *, check: bool, force: bool, diff: bool) -> int:
    """Write a quickstart for each language in docs/messages.

    Prose comes from docs/messages, code from the samples that passed, and
    their order from docs/quickstart.md.j2. A page that is not as it was
    written last is left alone, unless --force is given.

    \b
    Examples:
      sampleproof docs quickstart
      sampleproof docs quickstart --check --diff
    """
    from harness.cli.docs.told import tell
    from harness.cli.main import STALE
    from harness.model.problem import invalid
    from harness.pages.proof import Gate, sort
    from harness.pages.quickstart import TEMPLATE, pages, see_code, stale, told, write

    root, content = opened(project)
    proven, unproven = sort(map(Gate(root).look, content.cells()))
    if unproven:
        return tell(unproven, project)
    made = pages(root, content, proven)
    if not made:
        raise invalid(f"this project has no {TEMPLATE}")
    if not (check or diff):
        for path in write(root, made, force=force):
            say(f"wrote {path}")
        say(f"{len(made)} pages are fresh.")
        return 0
    for page in made:
        see_code(page)
    changed = stale(root, made)
    for one in changed:
        mend = one.remedy if one.why == "by hand" else f"mend it with: {one.remedy}"
        say(as_typed(f"{one.path}: {told(one)}; {mend}", project))
        say(one.diff if diff else "", end="")
    if not changed:
        say(f"{len(made)} pages are fresh.")
    return STALE if check and changed else 0
