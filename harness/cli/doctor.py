"""`sampleproof doctor`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from harness.cli.options import demo_option, node_option, opened, project_option, rooted
from harness.printer import say
from harness.typed import as_typed

if TYPE_CHECKING:
    from pathlib import Path


@click.command("doctor")
@node_option
@demo_option
@project_option
def command(project: Path | None, node: str | None) -> int:
    """Show what is installed, its version, what is missing, and the command that mends it.

    \b
    Examples:
      sampleproof doctor
      sampleproof doctor --node 22.11.0
    """
    from harness.cli.main import HARNESS
    from harness.runner.allowance import forking, sealing, terminals
    from harness.runner.asking import ask
    from harness.toolchain.doctor import inspect, inspect_machine, lines

    root = rooted(project)
    items = [*inspect_machine(root), terminals()]
    if state := _state(root):
        for client in opened(project)[1].clients.values():
            items += inspect(client, root, state, node, ask)
            if item := forking(client, root, state):
                items.append(item)
    for line in lines([*items, sealing()], partial(as_typed, project=project)):
        say(line)
    return 0 if all(item.fine for item in items) else HARNESS


def _state(root: Path) -> Path | None:
    """Where toolchains are; `None` if that is not to be believed, which is an item by itself."""
    from harness.model.problem import HarnessError
    from harness.toolchain.cache import state_folder

    try:
        return state_folder(root)
    except HarnessError:
        return None
