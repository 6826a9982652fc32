"""How what must not be published is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.main import STALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pages.proof import Unproven


def tell(faults: Sequence[Unproven]) -> int:
    """Tell of each, with what mends it.

    Returns:
        The exit code.
    """
    for one in faults:
        click.echo(f"{one.name}: {one.why}; {one.mend}")
    click.echo(f"stale: {len(faults)}", err=True)
    return STALE
