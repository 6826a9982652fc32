"""`sampleproof list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import demo_option, opened, project_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.project import Project


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
    click.echo("\n".join(_lines(root, content)))


def _lines(root: Path, project: Project) -> Iterator[str]:
    from harness.report.columns import columns

    catalog = project.catalog
    if not Path.cwd().is_relative_to(root):
        yield f"The project is in {root}\n"
    yield click.style("Samples", bold=True)
    rows = [
        (
            f"  {cell.id}",
            cell.scenario.title,
            cell.path if (root / cell.path).is_file() else "not rendered",
        )
        for cell in project.cells()
    ]
    yield from columns(rows)
    yield click.style("\nClients", bold=True)
    retired = {name: f"retired {one.retired}" for name, one in catalog.libraries.items()}
    yield from columns(
        [
            (f"  {one.name}", one.title, one.library, retired.get(one.library, ""))
            for one in project.clients.values()
        ]
    )
    yield click.style("\nOperations", bold=True)
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
    yield click.style("\nModels", bold=True)
    for model in catalog.models:
        yield f"  {model}" + ("  (default)" if model == catalog.default_model else "")
    yield click.style("\nEndpoints", bold=True)
    yield from columns(
        [
            (f"  {one.name}", one.url, f"retired {one.retired}" if one.retired else "")
            for one in catalog.endpoints.values()
        ]
    )
