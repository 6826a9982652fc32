"""What sealing adds to a run: the same sample, sealed and not, one after the other.

In one process, from the order to the last byte of output, and until all is closed. The sample is one
of cURL's, the shortest, so that what is added can be seen.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING

from measure import Group, Measure, ratio, spread
from serving import HERE

from harness.model.project import open_project
from harness.model.root import find
from harness.runner.run import observe
from harness.runner.stage import Stage
from harness.toolchain.cache import made_state
from harness.toolchain.ready import prepare_all

if TYPE_CHECKING:
    from measure import Told

    from harness.model.cell import Cell

CELL = "curl/basic"
RUNS = 12
"""In a round, of each kind."""
GOAL_MS = 5.0


async def _pairs(cell: Cell, sealed: Stage, bare: Stage, runs: int) -> list[tuple[float, float]]:
    """Milliseconds that runs take, sealed and not."""

    async def run(stage: Stage) -> float:
        started = time.perf_counter()
        await observe(cell, stage, stage.script(cell))
        return 1000 * (time.perf_counter() - started)

    return [(await run(sealed), await run(bare)) for _ in range(runs)]


def measure(rounds: int, told: Told) -> Group:
    """A sealed run against one that is not."""
    root = find(HERE)
    project, state = open_project(root), made_state(root)
    [cell] = [cell for cell in project.cells() if cell.id == CELL]
    toolchains = prepare_all([cell.client], root, state, print)
    hosts = project.catalog.hosts
    title = "What sealing adds to a run"
    with (
        closing(Stage(root, state, toolchains, hosts=hosts)) as sealed,
        closing(Stage(root, state, toolchains, seal=False)) as bare,
    ):
        if sealed.unsealed:
            why = f"Runs cannot be sealed here: {sealed.unsealed}."
            return Group(name="sealing", title=title, measures=(), notes=(why,))
        sealed.authority.prepare([cell.endpoint.host])
        asyncio.run(_pairs(cell, sealed, bare, 2))
        pairs, added = [], []
        for number in range(1, rounds + 1):
            told(f"sealing: round {number} of {rounds}")
            several = asyncio.run(_pairs(cell, sealed, bare, RUNS))
            one, other = (median(kind) for kind in zip(*several, strict=True))
            pairs.append((one, other))
            added.append(one - other)
    measures = (
        Measure(
            what="a run, sealed: more by",
            unit="ms",
            value=median(added),
            lowest=min(added),
            highest=max(added),
            noise=spread(other for _, other in pairs),
            goal=GOAL_MS,
        ),
        ratio(f"{CELL}, sealed", "not sealed", "time", pairs),
    )
    return Group(name="sealing", title=title, measures=measures)
