"""`sampleproof cache`: one verb a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.group import Verbs
from harness.cli.options import project_option, rooted
from harness.printer import say
from harness.typed import as_typed

if TYPE_CHECKING:
    from pathlib import Path

    from harness.memory.store import Size

VERBS = {
    "clear": "Forget results, so that everything runs anew; or all that is kept.",
}

EPILOG = """\b
Examples:
  sampleproof cache
  sampleproof cache clear
  sampleproof cache clear --gone
  sampleproof cache clear --all
"""


@click.group(
    "cache",
    cls=Verbs,
    verbs=VERBS,
    package=__name__,
    epilog=EPILOG,
    invoke_without_command=True,
)
@project_option
@click.pass_context
def command(ctx: click.Context, project: Path | None) -> None:
    """Show what is remembered of earlier runs, and where all is that is kept.

    A sample that has passed, sealed, is not run again while it and all that
    its run could see are unchanged.

    Results, certificates and what was installed lie in your cache folder;
    SAMPLEPROOF_CACHE_DIR names another. Nothing that lies in a project is
    believed in their place.
    """
    if ctx.invoked_subcommand is None:
        from harness.memory.memory import store_of
        from harness.report.words import number
        from harness.toolchain.cache import cache_folder, state_folder, states

        store = store_of(state_folder(rooted(project)))
        say(f"{told(store.size())}, in {store.folder}")
        say(f"The limit is {_bytes(store.limit)}; what was not used for longest goes first.")
        kept = list(states())
        if gone := sum(one.gone for one in kept):
            say(
                f"Of {number(len(kept), 'project')} that state is kept for, {gone} can no longer be found:"
            )
            say(as_typed("  sampleproof cache clear --gone removes what is kept for them."))
        say(f"All that is kept and installed for projects is in {cache_folder()}")


def told(size: Size) -> str:
    """How much is kept, in words."""
    from harness.report.words import number

    return f"{number(size.entries, 'result')}, {_bytes(size.bytes)}"


def _bytes(size: int) -> str:
    for unit, factor in (("MB", 1_000_000), ("kB", 1000)):
        if size >= factor:
            return f"{size / factor:.0f} {unit}"
    return f"{size} B"
