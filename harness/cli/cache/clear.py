"""`sampleproof cache clear`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.cache import told
from harness.cli.options import project_option, rooted
from harness.printer import say

if TYPE_CHECKING:
    from pathlib import Path


@click.command("clear")
@click.option("--gone", is_flag=True, help="Remove the state of projects that are gone.")
@click.option("--all", "everything", is_flag=True, help="Remove all, for all projects.")
@project_option
def command(project: Path | None, *, gone: bool, everything: bool) -> None:
    """Forget all results of this project, so that everything runs anew.

    With --gone, remove what is kept for projects that are no longer there.
    With --all, remove everything that is kept for any project, with all
    packages and programs that were installed: they are installed anew when
    samples run again.

    \b
    Examples:
      sampleproof cache clear
      sampleproof cache clear --all
    """
    from harness.memory.memory import store_of
    from harness.report.words import number
    from harness.toolchain.cache import forget_all, forget_gone, state_folder

    if gone and everything:
        raise click.UsageError("--all removes what --gone does: choose one")
    if everything:
        say(f"Removed all that was kept in {forget_all()}")
    elif gone:
        say(f"Removed the state of {number(len(forget_gone()), 'project')}")
    else:
        store = store_of(state_folder(rooted(project)))
        say(f"Removed {told(store.clear())}")
