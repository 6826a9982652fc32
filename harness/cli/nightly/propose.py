"""`sampleproof nightly propose`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import Names, Seconds, opened, project_option
from harness.printer import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ANSWERED = {0, 4}
"""Exit codes of `record` that say that the endpoint has answered."""


@click.command("propose")
@click.option(
    "--endpoint",
    metavar="ENDPOINT",
    required=True,
    help="An endpoint of the catalogue, or a base URL.",
)
@click.option(
    "--model", "models", multiple=True, type=Names("MODEL"), help="Record with this model."
)
@click.option("--timeout", type=Seconds(min=0.1), help="Seconds a sample may take.")
@click.option(
    "--then",
    metavar="COMMAND",
    default="",
    help="Brings up to date what follows from recordings, as `make docs` does.",
)
@project_option
def command(
    endpoint: str, models: Sequence[str], timeout: float | None, then: str, project: Path | None
) -> int:
    """Record an endpoint, and propose recordings that changed.

    A pull request takes those in which a field, a header or the status
    changed. Where only the wording did, nothing is proposed: it differs
    each time. There is one pull request at a time, and it is kept up to date.

    \b
    Example:
      sampleproof nightly propose --endpoint ollama --then 'make docs'
    """
    from harness.cli.record import command as record
    from harness.cli.record import open_shelf
    from harness.nightly.github import GitHub
    from harness.nightly.proposal import Clone, propose, worth

    root, content = opened(project)
    clone, github = Clone(root), GitHub(root)
    arguments = ["--endpoint", endpoint, "--project", str(root)]
    arguments += [word for model in models for word in ("--model", model)]
    arguments += ["--timeout", str(timeout)] if timeout else []
    code: Any = record.main(arguments, prog_name="sampleproof record", standalone_mode=False)
    if code not in ANSWERED:
        say("Nothing is proposed.")
        return 2 if code == 2 else 0  # noqa: PLR2004  (whose fault the rest is, the issues tell)
    shelf = open_shelf(root, content)
    found = worth(shelf.waiting(content.scenarios))
    if not found:
        say("Nothing is proposed: the recordings say the same of the endpoint.")
        return 0
    taken = shelf.accept([one.scenario for one in found])
    propose(clone, github, taken, endpoint, then)
    say(f"Proposed: {', '.join(one.scenario for one in taken)}")
    return 0
