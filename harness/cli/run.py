"""`sampleproof run`."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import (
    Seconds,
    chosen_cells,
    demo_option,
    node_option,
    opened,
    project_option,
)
from harness.printer import say
from harness.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.live.run import Live
    from harness.model.project import Project
    from harness.report.session import Sealing
    from harness.runner.stage import Isolation

REPLAY_S, LIVE_S = 60.0, 300.0
"""Seconds that a sample may take against a recording, and against an endpoint that has to think."""

KEPT = {"timeout", "live", "patience", "latest", "isolation", "no_seal", "node"}
"""Options that may change a verdict."""


class Part(click.ParamType[tuple[int, int]]):
    """A part of a whole: `2/3`."""

    name = "part"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Its number and how many there are."""
        index, _, of = str(value).partition("/")
        if not (index.isdecimal() and of.isdecimal() and 1 <= int(index) <= int(of)):
            self.fail(f"expected I/N with I from 1 to N, as in 2/3; received {value!r}", param, ctx)
        return int(index), int(of)


@click.command("run")
@chosen_cells
@click.option(
    "--report",
    "report",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the report goes. [default: build/report in the project]",
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), help="How many run at once. [default: one a core]"
)
@click.option(
    "--timeout",
    type=Seconds(min=0.1),
    help="Seconds a sample may take; live, all waiting included. [default: 60; live: 300]",
)
@click.option(
    "--live",
    metavar="ENDPOINT",
    help="Send the samples, as they are, to an endpoint of the catalogue or a base URL.",
)
@click.option(
    "--dry-run", is_flag=True, help="With --live: say how many requests, and how long; send none."
)
@click.option(
    "--patience",
    type=Seconds(min=0),
    default=120.0,
    show_default=True,
    help="With --live: seconds of their time that all samples together may wait where the endpoint asks for it.",
)
@click.option(
    "--latest",
    is_flag=True,
    help="Then run with the newest packages too, and say what they change.",
)
@click.option(
    "--require-seal", is_flag=True, help="Fail with 3 if runs cannot be sealed off the network."
)
@click.option(
    "--isolation",
    type=click.Choice(["process", "fork"]),
    default="fork",
    show_default=True,
    help="A new interpreter for each sample, or a fork of one that has its library imported.",
)
@click.option("--no-seal", is_flag=True, help="Do not seal runs.")
@click.option(
    "--cache/--no-cache",
    default=None,
    help="Answer from memory what has passed already and is unchanged. [default: yes, but not in CI]",
)
@click.option("--shard", type=Part(), metavar="I/N", help="Run only the I-th of N parts.")
@click.option(
    "--balance",
    type=click.Path(exists=True, path_type=Path),
    metavar="REPORT",
    help="Make shards equally long, by the durations in an earlier report.",
)
@node_option
@demo_option
@project_option
@click.pass_context
def command(
    ctx: click.Context,
    selectors: Sequence[str],
    clients: Sequence[str],
    scenarios: Sequence[str],
    models: Sequence[str],
    report: Path | None,
    jobs: int | None,
    timeout: float | None,
    live: str | None,
    patience: float,
    project: Path | None,
    isolation: Isolation,
    shard: tuple[int, int] | None,
    balance: Path | None,
    node: str | None,
    *,
    cache: bool | None,
    require_seal: bool,
    no_seal: bool,
    dry_run: bool,
    latest: bool,
) -> int:
    """Run samples byte for byte as published, against their recordings.

    A SELECTOR is python/basic, python, '*/streaming', or a sample's file.
    Without one, every sample runs.

    \b
    Examples:
      sampleproof run
      sampleproof run python '*/streaming'
      sampleproof run --model all -j 4
      sampleproof run --live ollama --model Phi-3-mini-4k-instruct
      sampleproof run --latest
      sampleproof run --demo
    """
    _check_call(ctx)
    from harness.memory.memory import may_answer
    from harness.model.selector import select
    from harness.report.session import Session
    from harness.runner.cores import usable_cores

    root, content = opened(project, tolerant=True)
    cells = select(content, root, selectors, clients=clients, scenarios=scenarios, models=models)
    part = None
    seal: Sealing = "required" if require_seal else "off" if no_seal else "possible"
    if shard:
        from harness.report.ndjson import durations_in
        from harness.report.shard import fingerprint, shard_of

        how = [seal, isolation, str(timeout), live or "", node or ""]
        whole = fingerprint(content, root, cells, how)
        durations = durations_in(balance) if balance else {}
        part, cells = shard_of(cells, *shard, whole, durations)
    options = list(_kept(ctx))
    jobs = jobs or usable_cores()
    run_live = None
    if live:
        run_live = _live(root, content, live, timeout or LIVE_S, patience, asks=not dry_run)
    if run_live is not None:
        if run_live.target.obituary:
            say(f"{run_live.target.obituary}.", err=True)
        asked = [*cells, *(cell for cell in cells if latest and cell.client.toolchain.lock)]
        say(f"{run_live.target.endpoint.title}: {run_live.plan(asked, jobs)}", err=True)
        if dry_run:
            return 0
        run_live.check_day(asked)
    session = Session(
        root=root,
        project=content,
        report=report or _default_report(root, "live" if live else "report"),
        jobs=jobs,
        limit_s=timeout or REPLAY_S,
        seal=seal,
        isolation=isolation,
        rerun=lambda name: shlex.join(["sampleproof", "run", *options, name]),
        typed=partial(as_typed, project=project),
        cache=may_answer(os.environ) if cache is None else cache,
        shard=part,
        live=run_live,
        node=node,
    )
    code = session.run(cells)
    if latest:
        from harness.nightly.latest import run_newest
        from harness.outcome import worst

        sound = [cell for cell in cells if cell.client.file not in content.broken]
        code = worst([code, run_newest(session, sound)])
    return code


def _check_call(ctx: click.Context) -> None:
    """See that no option stands against another, or does nothing.

    Raises:
        UsageError: One does.
    """
    given = ctx.params
    patient = ctx.get_parameter_source("patience") is click.core.ParameterSource.COMMANDLINE
    for is_wrong, why in (
        (
            given["require_seal"] and given["no_seal"],
            "--require-seal and --no-seal contradict each other",
        ),
        (
            given["balance"] and not given["shard"],
            "--balance is for shards: give --shard I/N too",
        ),
        (
            given["dry_run"] and not given["live"],
            "--dry-run needs --live: a recording can be asked at any time",
        ),
        (
            patient and not given["live"],
            "--patience needs --live: a recording is not waited for",
        ),
        (
            given["latest"] and given["shard"],
            "--latest is for whole runs: leave out --shard",
        ),
    ):
        if is_wrong:
            raise click.UsageError(why)


def _kept(ctx: click.Context) -> Iterator[str]:
    """The options that a sample must be run with again to get the same verdict."""
    for option in ctx.command.params:
        value = ctx.params.get(option.name or "")
        if option.name in KEPT and value not in (None, option.get_default(ctx)):
            yield option.opts[0]
            if value is not True:
                yield f"{value:g}" if isinstance(value, float) else str(value)


def _live(
    root: Path, project: Project, name: str, limit_s: float, budget_s: float, *, asks: bool
) -> Live:
    """The live run against an endpoint that the user names.

    Raises:
        InvalidError: There is no such endpoint.
        HarnessError: Its key is not set.
    """
    from harness.live.run import Live
    from harness.live.target import find
    from harness.toolchain.cache import made_state

    target = find(project.catalog, name, os.environ, asks=asks)
    return Live(target, made_state(root), limit_s=limit_s, budget_s=budget_s)


def _default_report(root: Path, name: str) -> Path:
    from harness.model.files import leave_out_of_git

    here = Path.cwd()
    home = root if here.is_relative_to(root) else here
    folder = home / "build" / name
    leave_out_of_git(folder, home)
    return folder
