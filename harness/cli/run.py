"""`sampleproof run`."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import chosen_cells, opened, project_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.session import Sealing
    from harness.runner.stage import Isolation


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
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    help="Seconds a sample may take.",
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
@project_option
def command(
    selectors: Sequence[str],
    clients: Sequence[str],
    scenarios: Sequence[str],
    models: Sequence[str],
    report: Path | None,
    jobs: int | None,
    timeout: float,
    project: Path | None,
    isolation: Isolation,
    shard: tuple[int, int] | None,
    balance: Path | None,
    *,
    cache: bool | None,
    require_seal: bool,
    no_seal: bool,
) -> int:
    """Run samples byte for byte as published, against their recordings.

    A SELECTOR is python/basic, python, '*/streaming', or a sample's file.
    Without one, every sample runs.

    \b
    Examples:
      sampleproof run
      sampleproof run python '*/streaming'
      sampleproof run --model all -j 4
    """
    if require_seal and no_seal:
        raise click.UsageError("--require-seal and --no-seal contradict each other")
    if balance and not shard:
        raise click.UsageError("--balance is for shards: give --shard I/N too")
    from harness.memory.memory import may_answer
    from harness.model.selector import select
    from harness.report.session import Session
    from harness.runner.cores import usable_cores

    root, content = opened(project)
    cells = select(content, root, selectors, clients=clients, scenarios=scenarios, models=models)
    part = None
    seal: Sealing = "required" if require_seal else "off" if no_seal else "possible"
    if shard:
        from harness.report.shard import durations_in, fingerprint, shard_of

        whole = fingerprint(content, root, cells, [seal, isolation, str(timeout)])
        durations = durations_in(balance) if balance else {}
        part, cells = shard_of(cells, *shard, whole, durations)
    again = [*_program(), "run", *(["--project", str(project)] if project else [])]
    session = Session(
        root=root,
        project=content,
        report=report or _default_report(root),
        jobs=jobs or usable_cores(),
        limit_s=timeout,
        seal=seal,
        isolation=isolation,
        rerun=lambda name: shlex.join([*again, name]),
        cache=may_answer(os.environ) if cache is None else cache,
        shard=part,
    )
    return session.run(cells)


def _program() -> list[str]:
    """How the user can call this program again."""
    typed = Path(sys.argv[0])
    if typed.name == "__main__.py":
        return [os.path.relpath(sys.executable), "-m", "harness"]
    found = shutil.which(typed.name)
    return [typed.name if found and Path(found).samefile(typed) else os.path.relpath(typed)]


def _default_report(root: Path) -> Path:
    from harness.model.project import MARK, find

    here = Path.cwd()
    inside = (find(here) / MARK).is_file() and find(here) == root
    return (root if inside else here) / "build" / "report"
