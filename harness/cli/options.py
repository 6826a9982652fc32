"""Options that several verbs share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    from harness.model.project import Project


class Seconds(click.FloatRange):
    """A time that is a number: `nan` is within every range."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number."""
        found = float(super().convert(value, param, ctx))
        if math.isnan(found):
            self.fail(f"expected a number of seconds; received {value!r}", param, ctx)
        return found


class Names(click.ParamType[str]):
    """A name out of the project, completed by the shell; unknown ones are reported by the verb."""

    name = "name"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names of this kind that begin as typed."""
        del param
        from click.shell_completion import CompletionItem

        from harness.model.escape import one_line
        from harness.model.problem import InvalidError

        try:
            project = opened(ctx.params.get("project"))[1]
        except InvalidError:
            return []
        names = {
            "CELL": [cell.id for cell in project.cells()],
            "CLIENT": list(project.clients),
            "SCENARIO": list(project.scenarios),
            "MODEL": [*project.catalog.models, "all"],
        }[self.kind]
        # Shells are told a name a line.
        fit = [name for name in names if name.startswith(incomplete) and one_line(name) == name]
        return [CompletionItem(name) for name in fit]

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """How the help shows it."""
        del param, ctx
        return self.kind


class Call:
    """What is yet to be known of a call when its verb has ended: messages name commands."""

    project: Path | None = None
    """The folder that the user named."""


def _note(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    del param
    if ctx.meta.get(DEMO):
        if value is not None:
            raise click.UsageError("--demo and --project contradict each other")
        from harness.model.root import demo

        value = demo()
    if isinstance(ctx.obj, Call):
        ctx.obj.project = value
    return value


DEMO = f"{__name__}.demo"
"""Whether the samples of the package were asked for, in a context's `meta`."""


def _take_demo(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    ctx.meta[DEMO] = value


def demo_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--demo`, which stands for a project; `project_option` must come after it."""
    return click.option(
        "--demo",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_take_demo,
        help="Take the samples that come with this package.",
    )(function)


def project_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--project DIR`."""
    return click.option(
        "--project",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        is_eager=True,
        callback=_note,
        help="The project's folder. [default: the one this folder is in]",
    )(function)


class Release(click.ParamType[str]):
    """A version of Node: `22.11.0`."""

    name = "version"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The version, if it is one."""
        from harness.toolchain.node import RELEASE

        if not RELEASE.fullmatch(str(value)):
            self.fail(f"expected a Node version like 22.11.0; received {value!r}", param, ctx)
        return str(value)


def node_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--node VERSION`."""
    return click.option(
        "--node",
        type=Release(),
        metavar="VERSION",
        help="The Node to use, like 22.11.0; installed if it is not there. [default: one that fits]",
    )(function)


def chosen_cells(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the selectors, and the options that restrict them."""
    for decorate in (
        click.option(
            "--model",
            "models",
            multiple=True,
            type=Names("MODEL"),
            help="Run for this model, or for `all`; may be repeated.",
        ),
        click.option(
            "--scenario",
            "scenarios",
            multiple=True,
            type=Names("SCENARIO"),
            help="Only this scenario; may be repeated.",
        ),
        click.option(
            "--client",
            "clients",
            multiple=True,
            type=Names("CLIENT"),
            help="Only this client; may be repeated.",
        ),
        click.argument("selectors", nargs=-1, type=Names("CELL"), metavar="[SELECTOR]..."),
    ):
        function = decorate(function)
    return function


def rooted(folder: Path | None) -> Path:
    """The project's root.

    Args:
        folder: The project that the user named, or the one that comes with the package.

    Raises:
        InvalidError: There is none.
    """
    from harness.model.root import demo, find, named
    from harness.toolchain.state import workspace

    if folder is None:
        return find(Path.cwd())
    return workspace(folder) if folder == demo() else named(folder)


def opened(folder: Path | None, *, tolerant: bool = False) -> tuple[Path, Project]:
    """The project's root, and the project; see `open_project` for what is tolerated.

    Raises:
        InvalidError: There is none, or its files have problems.
    """
    from harness.model.kept import open_kept
    from harness.toolchain.cache import state_folder

    root = rooted(folder)
    return root, open_kept(root, state_folder(root), tolerant=tolerant)
