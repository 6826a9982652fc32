"""The pytest plugin: `pytest --samples` adds one item per cell, named by its id.

All cells that pytest has chosen run side by side in the same runner as `sampleproof run`; each
item waits for its own. Under xdist a worker runs what it is given, item by item. Parity is judged
in the last item of each group whose cells all ran in this process.

All samples are added to whatever is collected, unless some are named on the command line: by file,
folder, or id, as in `samples/curl/basic.sh::curl/basic`.

Nothing of the harness is imported unless `--samples` is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from harness.model.cell import Cell
    from harness.report.background import Background


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--samples` and its companions."""
    group = parser.getgroup("sampleproof", "samples of API documentation")
    group.addoption("--samples", action="store_true", help="run every sample as an item of its own")
    group.addoption(
        "--samples-project",
        metavar="DIR",
        help="the project's folder; by default the one that rootdir is in",
    )
    group.addoption(
        "--samples-model",
        metavar="MODEL",
        action="append",
        default=[],
        help="run for this model, or for all",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker that every item has, and opens the project: before xdist has workers."""
    config.addinivalue_line("markers", "sample: a published sample, run as it stands")
    if not config.getoption("samples"):
        return
    from harness.model.escape import log
    from harness.model.problem import HarnessError, InvalidError
    from harness.report.background import Background

    folder = config.getoption("samples_project")
    try:
        background = Background.open(config.rootpath, folder, config.getoption("samples_model"))
    except (InvalidError, HarnessError) as error:
        text = str(error).replace("--model:", "--samples-model:")
        text = text.replace("--project ", "--samples-project ")
        raise pytest.UsageError(log(text)) from error
    if not background.cells:
        raise pytest.UsageError("--samples: the project has no samples")
    config.stash[BACKGROUND] = background


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Collects a sample that is named on the command line; nothing else may: it would import it."""
    found = yield
    background = parent.config.stash.get(BACKGROUND, None)
    if background is None:
        return found
    cells = [cell for cell in background.cells if background.root / cell.path == file_path]
    if not cells:
        return found
    return [SampleFile.from_parent(parent, path=file_path, cells=cells, background=background)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Adds the items, before `-k` and `-m` choose among them."""
    background = config.stash.get(BACKGROUND, None)
    if background is None or any(isinstance(item, SampleItem) for item in items):
        return
    samples = Samples.from_parent(session, name="samples", nodeid="samples", background=background)
    report = session.ihook.pytest_make_collect_report(collector=samples)
    session.ihook.pytest_collectreport(report=report)  # so that pytest counts them
    items += report.result


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Knows now which cells are to run; nothing starts before the first item does."""
    background = session.config.stash.get(BACKGROUND, None)
    if background is None:
        return
    chosen = [item.cell for item in session.items if isinstance(item, SampleItem)]
    # A worker of xdist collects all items, and is told one by one which are its own.
    background.choose([] if hasattr(session.config, "workerinput") else chosen)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends what is still running, as after `-x`."""
    background = session.config.stash.get(BACKGROUND, None)
    if background is not None:
        background.close()


class Samples(pytest.Collector):
    """All samples of a project."""

    def __init__(self, *, background: Background, **arguments: Any) -> None:
        """Take what runs them."""
        super().__init__(**arguments)
        self.background = background

    def collect(self) -> Iterator[SampleItem]:
        """An item for each cell."""
        for cell in self.background.cells:
            name = _name(cell)
            yield SampleItem.from_parent(
                self,
                name=name,
                nodeid=f"{cell.path}::{name}",
                cell=cell,
                background=self.background,
            )


class SampleFile(pytest.File):
    """A sample's file, named on the command line."""

    def __init__(self, *, cells: Sequence[Cell], background: Background, **arguments: Any) -> None:
        """Take what of it may run, and what runs it."""
        super().__init__(**arguments)
        self.cells = cells
        self.background = background

    def collect(self) -> Iterator[SampleItem]:
        """An item for each model."""
        for cell in self.cells:
            yield SampleItem.from_parent(
                self, name=_name(cell), cell=cell, background=self.background
            )


class SampleItem(pytest.Item):
    """One sample."""

    def __init__(self, *, cell: Cell, background: Background, **arguments: Any) -> None:
        """Take a cell."""
        super().__init__(**arguments)
        self.cell = cell
        self.background = background
        self.path = background.root / cell.path
        self.add_marker("sample")

    def runtest(self) -> None:
        """Wait for this sample's outcome."""
        from harness.model.escape import log
        from harness.model.redactor import redacted
        from harness.suite import fault_of

        try:
            outcome = self.background.outcome(self.cell)
            lines = [*self.background.explain(outcome), *self.background.parity(self.cell)]
        except Exception as error:  # noqa: BLE001  (of the harness, whose lines tell nothing here)
            fault = fault_of(error)
            lines = [log(redacted(text)) for text in (fault.message, fault.remedy) if text]
        if lines:
            raise SampleError("\n".join(lines))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> str | Any:
        """The findings alone: a traceback through the harness says nothing of a sample."""
        if isinstance(excinfo.value, SampleError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and its name."""
        return self.path, None, self.name


def _name(cell: Cell) -> str:
    """A cell's id as pytest prints it, wherever a line begins."""
    from harness.model.escape import log, one_line

    return log(one_line(cell.id))


class SampleError(Exception):
    """A sample failed, or could not be run."""


BACKGROUND = pytest.StashKey["Background"]()


def pytest_report_header(config: pytest.Config) -> Iterator[str]:
    """Says which project's samples run."""
    if config.getoption("samples"):
        from harness.model.escape import log, one_line

        yield log(one_line(f"samples: {config.getoption('samples_project') or config.rootpath}"))
