"""`sampleproof doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command("doctor")
@project_option
def command(project: Path | None) -> int:
    """Show what is installed, its version, what is missing, and the command that mends it.

    \b
    Example:
      sampleproof doctor
    """
    from harness.cli.main import HARNESS
    from harness.toolchain.doctor import inspect, lines
    from harness.toolchain.state import state_folder

    root, content = opened(project)
    state = state_folder(root)
    items = [item for client in content.clients.values() for item in inspect(client, root, state)]
    for line in lines(items):
        click.echo(line)
    return HARNESS if any(item.found is None for item in items) else 0
