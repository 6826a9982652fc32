"""`sampleproof report diff`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.printer import say


@click.command("diff")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
def command(before: Path, after: Path) -> int:
    """Say what is different between two reports.

    BEFORE and AFTER are each a report.ndjson, or the folder that has it.
    Verdicts are compared, what was sent, and what a reader saw. What is
    made by chance for each request is not. Exits with 1 if a sample that
    passed no longer does.

    \b
    Example:
      sampleproof report diff yesterday build/report
    """
    from harness.report import ndjson
    from harness.report.difference import differences, missing, told

    was, now = (ndjson.read(ndjson.place(path)) for path in (before, after))
    gone, new = missing(was, now)
    for name in gone:
        say(f"{name}: only in {before}")
    for name in new:
        say(f"{name}: only in {after}")
    changes = differences(was, now)
    for text in told(changes, ("before", "after")):
        say(text)
    if not (gone or new or changes):
        say("The reports differ in nothing.")
    return 1 if any(one.worse for one in changes) else 0
