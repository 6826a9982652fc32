"""`sampleproof docs inject`."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.problem import Problem


@click.command("inject")
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 4 if a page is stale.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--force", is_flag=True, help="Replace what was written by hand between markers.")
@project_option
def command(
    files: Sequence[Path], project: Path | None, *, check: bool, diff: bool, force: bool
) -> int:
    """Put samples between the markers of pages, and touch nothing else in them.

    FILES are Markdown, or MDX if they end in .mdx. Without any, they are all
    pages of the project that git tracks. A page marks a place by two comments
    (in MDX, {/* … */} will do as well):

    \b
      <!-- snippet: python/basic -->
      <!-- /snippet -->

    \b
    A marker may go on with:
      region=request        a part of the sample: a block of its template
      model=NAME            the sample of another model
      title="In Python"     a title for the block
      tabs=FORMAT           one tab a client, for */basic; FORMAT is one of
                            details, docusaurus, mkdocs, plain, starlight

    \b
    Examples:
      sampleproof docs inject README.md
      sampleproof docs inject --check --diff
    """
    from harness.cli.main import STALE
    from harness.model.problem import InvalidError
    from harness.pages.inject import inject
    from harness.pages.snippet import Samples
    from harness.render.file import difference, replace
    from harness.render.stale import stale

    root, content = opened(project)
    pages = {path: path.read_bytes() for path in files or _tracked(root)}
    samples = Samples(root, content)
    given = {path: inject(old, str(path), samples) for path, old in pages.items()}
    if problems := [problem for one in given.values() for problem in one.problems]:
        raise InvalidError(problems)
    # A page shows what ran, and what runs are the files.
    unfit = stale(root, samples.cells.values(), whole=False)
    for sample in unfit:
        click.echo(f"{sample.path}: is not what its scenario and template give", err=True)
    if unfit:
        click.echo("no page shows a stale sample; render them with: sampleproof render", err=True)
        return STALE
    changed = [path for path, old in pages.items() if given[path].content != old]
    edited = [problem for one in given.values() for problem in one.edited]
    if not (check or diff):
        if edited and not force:
            raise InvalidError([*map(_taken_by_force, edited)])
        for path in changed:
            replace(path, given[path].content)
            click.echo(f"wrote {path}")
    for path in changed if check or diff else ():
        by_hand = [problem for problem in edited if problem.file == str(path)]
        for problem in by_hand:
            click.echo(_taken_by_force(problem))
        if not by_hand:
            click.echo(f"{path}: is not what its markers ask for; mend it with: {_call(path)}")
        if diff:
            click.echo(difference(str(path), pages[path], given[path].content), nl=False)
    if check and changed:
        click.echo(f"stale pages: {len(changed)}", err=True)
        return STALE
    if not (diff and changed):
        click.echo(f"{len(pages)} pages are fresh.")
    return 0


def _tracked(root: Path) -> list[Path]:
    """The project's pages that git tracks, as the user would type them."""
    from harness.model.problem import invalid

    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--", "*.md", "*.mdx", "*.markdown"],
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise invalid(f"git does not list the pages of {root}", hint="name the FILES") from error
    here = Path.cwd()
    found = [root / name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name]
    return [
        path.relative_to(here) if path.is_relative_to(here) else path
        for path in found
        if path.is_file()
    ]


def _call(path: Path | str, *options: str) -> str:
    return shlex.join(["sampleproof", "docs", "inject", *options, str(path)])


def _taken_by_force(problem: Problem) -> Problem:
    import msgspec

    hint = f"{problem.hint}; replace it with: {_call(problem.file, '--force')}"
    return msgspec.structs.replace(problem, hint=hint)
