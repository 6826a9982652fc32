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
@project_option
def command(project: Path | None) -> None:
    """Forget all results, so that everything runs anew.

    \b
    Example:
      sampleproof cache clear
    """
    from harness.memory.memory import store_of
    from harness.toolchain.cache import state_folder

    store = store_of(state_folder(rooted(project)))
    say(f"Removed {told(store.clear())}")
