"""`sampleproof check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option
from harness.printer import say

if TYPE_CHECKING:
    from pathlib import Path


@click.command("check")
@project_option
def command(project: Path | None) -> int:
    """Look for what is wrong in the project's files; nothing is run.

    Scenarios, clients and the catalogue are read, and every recording is
    held against its operation. Recordings, samples, templates, settings and
    pages are searched for secrets. Exits with 2 if there is a problem, and
    names file, line and field.

    \b
    Example:
      sampleproof check
    """
    from harness.model.problem import InvalidError
    from harness.record.checking import check
    from harness.record.hard_coded import hard_coded
    from harness.record.rules import load_rules

    root, content = opened(project)
    rules = load_rules(root)
    problems = [*check(root, content, rules), *hard_coded(root, rules)]
    if problems:
        raise InvalidError(problems)
    scenarios, clients = len(content.scenarios), len(content.clients)
    recordings = len(content.recordings)
    say(f"{scenarios} scenarios, {clients} clients, {recordings} recordings: all in order.")
    return 0
