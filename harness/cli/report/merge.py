"""`sampleproof report merge`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.printer import say

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("merge")
@click.argument(
    "reports",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="REPORT...",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Where the whole report goes.",
)
def command(reports: Sequence[Path], output: Path) -> int:
    """Join the reports of all shards into the report of the whole run.

    A REPORT is a shard's report.ndjson, or the folder that has it. The exit code is the one that
    the whole run would have had.

    \b
    Examples:
      sampleproof run --shard 1/2 --report one
      sampleproof run --shard 2/2 --report two
      sampleproof report merge one two -o whole
    """
    from harness.model import files
    from harness.report import junit, ndjson
    from harness.report.merge import merge
    from harness.report.words import number

    within = files.bounds(output / ndjson.NAME)
    files.check((output / name for name in (ndjson.NAME, junit.NAME)), within)
    merged, code = merge(reports, output, within)
    junit.write(output, ndjson.lines(merged), within)
    say(f"{number(len(reports), 'shard')} joined: {os.path.relpath(merged)}")
    return code
