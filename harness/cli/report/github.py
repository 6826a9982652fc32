"""`sampleproof report github`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import opened, project_option
from harness.printer import hand_over, say

if TYPE_CHECKING:
    from harness.model.problem import Problem


@click.command("github")
@click.argument("report", required=False, type=click.Path(path_type=Path))
@click.option(
    "--summary",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="GITHUB_STEP_SUMMARY",
    help="The file that takes the summary. [default: the one that GitHub names]",
)
@click.option("--published", is_flag=True, help="Tell of what must not be published, too.")
@project_option
def command(
    report: Path | None, summary: Path | None, project: Path | None, *, published: bool
) -> int:
    """Annotate files in GitHub Actions, and write the summary of the job.

    REPORT is a report.ndjson, or the folder that has it; build/report in
    the project if none is named. Whether the run passed was for the run to
    say: this exits with 0.

    \b
    Example:
      sampleproof report github build/report
    """
    from harness.cli.docs.told import in_repository
    from harness.model.files import append, bounds
    from harness.model.problem import InvalidError
    from harness.model.redactor import redacted
    from harness.pages.published import check
    from harness.report import github, ndjson

    root, content = opened(project)
    path = report or root / "build" / "report"
    lines = ndjson.read(ndjson.place(path))
    problems: list[Problem] = []
    if published:
        found, problems = check(root, content, in_repository(root))
        files = {cell.id: cell.path for cell in content.cells()}
        lines += [
            github.unpublished(one.name, files.get(one.name, one.name), f"{one.why}; {one.mend}")
            for one in found
        ]
    for annotation in github.annotate(lines, _folder(root)):
        hand_over(f"{annotation}\n")
    text = redacted(github.summary(lines))
    if summary is None:
        say(text, end="")
    else:
        append(summary, text.encode(), bounds(summary, root))
    if problems:
        raise InvalidError(problems)
    return 0


def _folder(root: Path) -> str:
    """Where the project is in the repository, as annotations want it."""
    inside = os.path.relpath(root, os.environ.get("GITHUB_WORKSPACE", Path.cwd()))
    return "" if inside == "." else f"{Path(inside).as_posix()}/"
