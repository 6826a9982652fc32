"""What a cell costs, and what memory the harness holds, as the matrix grows: 9, 54 and 540 cells.

So many take a larger project: a copy of this one, with made-up models beside those of the catalogue.
Everything is run, nothing is answered from memory, and a report is written.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import msgspec
from cost import COMMAND, Cost, cost_of
from measure import Group, Measure, in_turn, ratio
from serving import HERE

from harness.model import private
from harness.model.project import open_project
from harness.model.root import MARK, find
from harness.toolchain.cache import state_folder
from harness.toolchain.state import NOT_COPIED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Told

MODELS = {1: 6, 6: 2, 60: 1}
"""How many there are, and how often that is run in a round: few cells are soon run."""


@contextmanager
def larger(root: Path, models: int) -> Iterator[Path]:
    """A copy of a project that has so many models."""
    known = len(open_project(root).catalog.models)
    entries = [
        f"  Made-up-{number}: {{page: https://github.com/marketplace/models/azureml/Made-up-{number}}}\n"
        for number in range(models - known)
    ]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "project")
        skip = shutil.ignore_patterns(*NOT_COPIED)
        shutil.copytree(root / "samples", copy / "samples", ignore=skip)
        catalogue = copy / MARK
        head, mark, rest = catalogue.read_text("utf-8").partition("\nmodels:\n")
        catalogue.write_text("".join((head, mark, *entries, rest)), "utf-8")
        try:
            yield copy
        finally:
            private.remove(state_folder(copy))


def _mean(run: list[str], times: int) -> Cost:
    costs = [cost_of(run, look=True) for _ in range(times)]
    fields = zip(*map(msgspec.structs.astuple, costs), strict=True)
    return Cost(*map(mean, fields))


def measure(rounds: int, told: Told) -> Group:
    """Cells of a large matrix against those of a small one."""
    with larger(find(HERE), max(MODELS)) as root:
        project = open_project(root)
        each = len(list(project.cells()))
        default = project.catalog.default_model
        names = [default, *(name for name in project.catalog.models if name != default)]
        runs = []
        for models, times in MODELS.items():
            run = [COMMAND, "run", "--no-cache", "--project", str(root)]
            run += [word for name in names[:models] for word in ("--model", name)]
            runs.append(partial(_mean, run, times))
        told("many cells: what is made once")
        runs[0]()
        costs = in_turn(rounds, told, "many cells", *runs)
    few = min(MODELS) * each
    measures: list[Measure] = []
    for unit, field in (("time", "wall_s"), ("processor", "cpu_s"), ("memory", "peak_mib")):
        for number, models in list(enumerate(MODELS))[1:]:
            cells, memory = models * each, unit == "memory"
            pairs = [
                (
                    getattr(one[number], field) / (1 if memory else cells),
                    getattr(one[0], field) / (1 if memory else few),
                )
                for one in costs
            ]
            what = f"the harness at {cells} cells" if memory else f"a cell of {cells}"
            against = f"at {few}" if memory else f"a cell of {few}"
            goal = 1.0 if models == max(MODELS) and not memory else None
            measures.append(ratio(what, against, unit, pairs, goal))
    return Group(
        name="scale",
        title="The cost of a cell, and the harness's own memory, as the matrix grows",
        measures=tuple(measures),
    )
