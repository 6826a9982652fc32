"""`sampleproof nightly issues`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from harness.printer import say


@click.command("issues")
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done; do none of it.")
def command(report: Path, *, dry_run: bool) -> int:
    """Keep one issue for each cause of failure, and close it when that is gone.

    REPORT is the folder of a run's report; what the newest packages showed
    is read beside it. Exits with 1 if something failed that is the
    project's to mend: a sample, a client library or the API's shape. What
    an endpoint does is told, and fails no night.

    \b
    Example:
      sampleproof nightly issues build/nightly
    """
    from harness.nightly.github import GitHub
    from harness.nightly.issue import steps
    from harness.nightly.latest import FOLDER
    from harness.nightly.trouble import night
    from harness.outcome import worst
    from harness.report import ndjson
    from harness.report.words import number

    beside = report / FOLDER / ndjson.NAME
    found = night(
        ndjson.read(ndjson.place(report)), ndjson.read(beside) if beside.is_file() else ()
    )
    for trouble in found.troubles:
        say(f"{trouble.cause}: {number(len(trouble.cases), 'sample')}")
        for case in trouble.cases:
            say(f"  {case.cell}: {case.evidence.partition(chr(10))[0]}")
    if not found.troubles:
        say("Every sample is as it should be.")
    github = GitHub(Path.cwd())
    for step in steps(found, github.issues(), _run()):
        say(f"{step.cause}: {_told(step.do, step.number)}{' (not done)' * dry_run}")
        if not dry_run:
            github.take(step)
    return worst(trouble.exit_code for trouble in found.troubles)


def _told(do: str, number: int) -> str:
    if do == "open":
        return "an issue is opened"
    what = {"update": "is brought up to date", "keep": "stays as it is", "close": "is closed"}[do]
    return f"issue {number} {what}"


def _run() -> str:
    """Where the log of this run is, if GitHub runs it."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (os.environ.get(name, "") for name in names)
    return f"{server}/{repository}/actions/runs/{number}" if number else ""
