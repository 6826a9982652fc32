"""`sampleproof docs quickstart`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option
from harness.typed import as_typed

if TYPE_CHECKING:
    from pathlib import Path


@click.command("quickstart")
@click.option("--check", is_flag=True, help="Write nothing; exit with 4 if a page is stale.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@project_option
def command(project: Path | None, *, check: bool, diff: bool) -> int:
    """Write a quickstart for each language in docs/messages.

    Prose comes from docs/messages, code from the samples that passed, and
    their order from docs/quickstart.md.j2.

    \b
    Examples:
      sampleproof docs quickstart
      sampleproof docs quickstart --check --diff
    """
    from harness.cli.docs.told import tell
    from harness.cli.main import STALE
    from harness.model.files import replace
    from harness.model.problem import invalid
    from harness.pages.proof import Gate, sort
    from harness.pages.quickstart import TEMPLATE, pages, see_code
    from harness.render.generated import difference, read

    root, content = opened(project)
    proven, unproven = sort(map(Gate(root).look, content.cells()))
    if unproven:
        return tell(unproven, project)
    made = pages(root, content, proven)
    if not made:
        raise invalid(f"this project has no {TEMPLATE}")
    changed = [one for one in made if read(root / one.path) != one.text.encode()]
    for one in changed:
        see_code(one)
        if not (check or diff):
            replace(root / one.path, one.text.encode())
            click.echo(f"wrote {one.path}")
            continue
        mend = as_typed("sampleproof docs quickstart", project)
        click.echo(f"{one.path}: is stale; mend it with: {mend}")
        if diff:
            click.echo(difference(one.path, read(root / one.path), one.text.encode()), nl=False)
    if check and changed:
        return STALE
    if not changed or not (check or diff):
        click.echo(f"{len(made)} pages are fresh.")
    return 0
