"""`sampleproof record`, and `sampleproof record import`."""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import Names, Seconds, chosen_cells, opened, project_option
from harness.printer import say
from harness.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.project import Project
    from harness.record.shelf import Shelf

IMPORT = "import"
LISTED = 10
"""Requests that are left out and named; an archive may have hundreds."""

FORMATS = ("har", "vcrpy", "azure-test-proxy")


class RecordCommand(click.Command):
    """A command whose first argument may be another command's name: no client is called `import`."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The context of whichever command is meant."""
        if args[:1] == [IMPORT]:
            return import_command.make_context(f"{info_name} {IMPORT}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command("record", cls=RecordCommand)
@chosen_cells
@click.option("--endpoint", metavar="ENDPOINT", help="An endpoint of the catalogue, or a base URL.")
@click.option(
    "--accept",
    is_flag=True,
    help="Replace recordings that differ; without --endpoint, by what was recorded last.",
)
@click.option("--keep-failed", is_flag=True, help="Keep errors, and answers that broke off, too.")
@click.option(
    "--timeout",
    type=Seconds(min=0.1),
    default=300.0,
    show_default=True,
    help="Seconds a sample may take.",
)
@click.option(
    "--patience",
    type=Seconds(min=0),
    default=120.0,
    show_default=True,
    help="Of that time, what all samples together may wait where the endpoint asks for it.",
)
@click.option("--no-seal", is_flag=True, help="Do not seal runs.")
@project_option
def command(
    selectors: Sequence[str],
    clients: Sequence[str],
    scenarios: Sequence[str],
    models: Sequence[str],
    endpoint: str | None,
    timeout: float,
    patience: float,
    project: Path | None,
    *,
    accept: bool,
    keep_failed: bool,
    no_seal: bool,
) -> int:
    """Record what an endpoint answers the samples, chunk by chunk.

    One sample of each scenario is run, the first that is selected: a
    recording serves every client and model. Tokens, cookies, ids of
    requests and accounts are replaced before anything is written. No
    recording is replaced by another that differs without --accept.

    \b
    Examples:
      sampleproof record --endpoint ollama --model Phi-3-mini-4k-instruct
      sampleproof record curl/streaming --endpoint http://127.0.0.1:8000/v1
      sampleproof record --accept
      sampleproof record import FILE --format har --scenario basic
    """
    if not endpoint and not accept:
        raise click.UsageError(
            "name what to record with --endpoint, or take what was recorded with --accept"
        )
    from harness.runner.boot import boot

    root, content = opened(project)
    from harness.model.selector import select

    cells = select(content, root, selectors, clients=clients, scenarios=scenarios, models=models)
    typed = partial(as_typed, project=project)
    shelf = open_shelf(root, content)
    if not endpoint:
        from harness.record.session import tell

        waiting = shelf.accept(dict.fromkeys(cell.scenario.name for cell in cells))
        if not waiting:
            say("No recording is waiting to be accepted.")
        return tell(waiting, typed)
    with closing(boot()) as starter:
        from harness.live.target import find
        from harness.record.recorder import Recorder, one_each
        from harness.record.session import Session
        from harness.toolchain.cache import made_state

        target = find(content.catalog, endpoint, os.environ)
        state = made_state(root)
        recorder = Recorder(
            target, state, limit_s=timeout, budget_s=patience, keep_failed=keep_failed
        )
        session = Session(
            root=root,
            project=content,
            endpoint=endpoint,
            target=target,
            recorder=recorder,
            shelf=shelf,
            accept=accept,
            keep_failed=keep_failed,
            seal=not no_seal,
            typed=typed,
            starter=starter,
        )
        return session.run(one_each(cells))


@click.command(f"record {IMPORT}")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What it is.")
@click.option(
    "--scenario", type=Names("SCENARIO"), required=True, help="The scenario that it answers."
)
@click.option(
    "--entry",
    "entries",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="NUMBER",
    help="Which of several answers is meant; may be given once for each request.",
)
@click.option("--accept", is_flag=True, help="Replace the recording that is there.")
@click.option(
    "--keep-failed",
    is_flag=True,
    help="Also take an answer that fails after it has begun.",
)
@project_option
def import_command(
    file: Path,
    form: str,
    scenario: str,
    entries: Sequence[int],
    project: Path | None,
    *,
    accept: bool,
    keep_failed: bool,
) -> int:
    """Make a recording of what others have recorded.

    How bodies were cut into chunks, and when these came, is not in such
    files, and marked as unknown. Requests that are none of the scenario's
    operation are left out. Where a body is not in the file, the answer fails
    after it has begun, or the request asked for a stream and the scenario
    does not, nothing is written.

    \b
    Examples:
      sampleproof record import chat.har --format har --scenario basic
      sampleproof record import tape.yaml --format vcrpy --scenario basic
      sampleproof record import tape.yaml --format vcrpy --scenario basic --entry 2
    """
    from harness.model.loader import near
    from harness.model.problem import invalid
    from harness.model.usable import shortcomings
    from harness.record.foreign.importing import import_file
    from harness.record.session import tell

    root, content = opened(project)
    if scenario not in content.scenarios:
        known = list(content.scenarios)
        hint = near(scenario, known) or f"known: {', '.join(known)}"
        raise invalid(f"--scenario: there is no {scenario!r}", hint=hint)
    wanted = content.scenarios[scenario]
    operation = content.operations[wanted.operation]
    every = content.operations.values()
    imported = import_file(
        file, form, wanted, operation, entries, operations=every, keep_failed=keep_failed
    )
    for place in imported.left_out[:LISTED]:
        say(f"left out: {place}")
    if len(imported.left_out) > LISTED:
        say(f"left out: {len(imported.left_out) - LISTED} more")
    for note in imported.notes:
        say(f"note: {note}")
    for _, why, hint in shortcomings(imported.recording, wanted, operation):
        say(f"note: no sample can pass against it: {why}\n  {hint}")
    offered = open_shelf(root, content).offer(imported.recording, accept=accept)
    return tell([offered], partial(as_typed, project=project))


def open_shelf(root: Path, content: Project) -> Shelf:
    """Where the project's recordings are kept.

    Raises:
        InvalidError: Its sanitizers have problems.
    """
    from harness.record.rules import load_rules
    from harness.record.shelf import Shelf
    from harness.toolchain.cache import made_state

    return Shelf(root, made_state(root), content, load_rules(root))
