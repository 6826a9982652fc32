"""`sampleproof docs inject`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option
from harness.model.escape import one_line
from harness.printer import say
from harness.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.problem import Problem
    from harness.pages.inject import Injected


@click.command("inject")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 4 if a page is stale.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--force", is_flag=True, help="Replace what was written by hand between markers.")
@project_option
def command(
    files: Sequence[Path], project: Path | None, *, check: bool, diff: bool, force: bool
) -> int:
    """Put samples between the markers of pages, and touch nothing else in them.

    FILES are Markdown, or MDX if they end in .mdx. Without any, they are all
    pages of the project that git knows. A page marks a place with two comments
    of HTML, or of MDX: {/* … */}.

    \b
      <!-- snippet: python/basic -->
      <!-- /snippet -->

    \b
    A marker may go on with:
      region=request        a part of the sample: a block of its template
      model=NAME            the sample of another model
      title="In Python"     a title for the block
      tabs=FORMAT           one tab a client, if the marker names a
                            scenario alone, as basic; FORMAT is one of
                            details, docusaurus, mkdocs, plain, starlight

    \b
    Examples:
      sampleproof docs inject README.md
      sampleproof docs inject --check --diff
    """
    from harness.cli.docs.told import tell
    from harness.cli.main import STALE
    from harness.model.files import bounds, check_all, replace
    from harness.model.problem import InvalidError
    from harness.pages.contents import contents
    from harness.pages.inject import inject
    from harness.pages.snippet import Published
    from harness.render.generated import difference

    root, content = opened(project)
    named = files or _known_to_git(root)
    pages, unread = contents(named, lambda path: bounds(path, root), str)
    samples = Published(root, content)
    made = {path: inject(old, str(path), samples) for path, old in pages.items()}
    by_hand = [_forced(problem) for one in made.values() for problem in one.edited]
    if problems := [*unread, *(problem for one in made.values() for problem in one.problems)]:
        raise InvalidError([*problems, *([] if force else by_hand)])
    if samples.unproven:
        return tell(list(samples.unproven.values()), project)
    changed = {path: one for path, one in made.items() if one.content != pages[path]}
    if check or diff:
        for path, one in changed.items():
            say(as_typed(_explained(path, one), project))
            shown = difference(path.as_posix(), pages[path], one.content) if diff else ""
            say(shown, end="")
    else:
        if by_hand and not force:
            raise InvalidError(by_hand)
        check_all((path, bounds(path, root)) for path in changed)
        for path, one in changed.items():
            replace(path, one.content, bounds(path, root))
            say(f"wrote {one_line(str(path))}")
    if check and changed:
        say(f"stale pages: {len(changed)}", err=True)
        return STALE
    if not (diff and changed):
        say(f"{len(pages)} {'page is' if len(pages) == 1 else 'pages are'} fresh.")
    return 0


def _known_to_git(root: Path) -> list[Path]:
    """The project's pages, as the user would type them."""
    from harness.model.problem import invalid
    from harness.pages.git_files import repository

    found = repository(root)
    if found is None:
        raise invalid(f"{root} is in no git repository, which lists pages", hint="name the FILES")
    here = Path.cwd()
    return [path.relative_to(here) if path.is_relative_to(here) else path for path in found.pages()]


def _explained(path: Path, made: Injected) -> str:
    if made.edited:
        return "\n".join(str(_forced(problem)) for problem in made.edited)
    return f"{path}: is not what its markers ask for; mend it with: {_call(str(path))}"


def _call(*words: str) -> str:
    return shlex.join(["sampleproof", "docs", "inject", *words])


def _forced(problem: Problem) -> Problem:
    import msgspec

    hint = f"{problem.hint}; or replace it with: {_call('--force', problem.file)}"
    return msgspec.structs.replace(problem, hint=hint)
