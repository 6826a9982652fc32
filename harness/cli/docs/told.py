"""How what must not be published is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.main import STALE
from harness.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.pages.proof import Unproven


def tell(faults: Sequence[Unproven], project: Path | None) -> int:
    """Tell of each, with what mends it.

    Args:
        faults: What must not be published.
        project: The folder that the user named.

    Returns:
        The exit code.
    """
    for one in faults:
        click.echo(f"{one.name}: {one.why}; {as_typed(one.mend, project)}")
    click.echo(f"stale: {len(faults)}", err=True)
    return STALE
