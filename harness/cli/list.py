"""`sampleproof list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import demo_option, opened, project_option
from harness.printer import Styled, say_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.project import Project
    from harness.printer import Line


@click.command("list")
@demo_option
@project_option
def command(project: Path | None) -> None:
    """Show the scenarios, clients, models and endpoints of the project.

    \b
    Example:
      sampleproof list
    """
    root, content = opened(project)
    say_lines(_lines(root, content))


def _lines(root: Path, project: Project) -> Iterator[Line]:
    from harness.model.escape import one_line
    from harness.report.columns import columns

    catalog = project.catalog
    if not Path.cwd().is_relative_to(root):
        yield (f"The project is in {root}\n",)
    yield (Styled("Samples", bold=True),)
    rows = [
        (
            f"  {cell.id}",
            cell.scenario.title,
            cell.path if (root / cell.path).is_file() else "not rendered",
        )
        for cell in project.cells()
    ]
    yield from columns(rows)
    yield (Styled("\nClients", bold=True),)
    retired = {name: f"retired {one.retired}" for name, one in catalog.libraries.items()}
    yield from columns(
        [
            (f"  {one.name}", one.title, one.library, retired.get(one.library, ""))
            for one in project.clients.values()
        ]
    )
    yield (Styled("\nOperations", bold=True),)
    yield from columns(
        [
            (
                f"  {one.name}",
                one.title,
                f"{one.method} {one.path}",
                ", ".join(f"{name}: {value}" for name, value in one.headers.items()),
            )
            for one in project.operations.values()
        ]
    )
    yield (Styled("\nModels", bold=True),)
    for model in catalog.models:
        default = "  (default)" if model == catalog.default_model else ""
        yield (f"  {one_line(model)}{default}",)
    yield (Styled("\nEndpoints", bold=True),)
    yield from columns(
        [
            (f"  {one.name}", one.url, f"retired {one.retired}" if one.retired else "")
            for one in catalog.endpoints.values()
        ]
    )
