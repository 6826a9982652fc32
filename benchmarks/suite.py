"""What the harness costs: the whole suite against the same samples started by hand.

The suite is `sampleproof run` as a user types it: from its start to its end, with all its processes.
The floor is the same commands with the same environments, the same number at once, longest first,
against the same gateway. It counts from the first command's start to the last one's end, and the
processor time of the commands alone: not the one that starts them, and not the gateway, which is
a process of its own there. Nothing that starts a process for each sample can run them for less.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cost import COMMAND, Cost, cost_of
from measure import Group, in_turn, ratio
from serving import HERE, script

from harness.model.project import open_project
from harness.model.root import find
from harness.report import ndjson
from harness.runner.cores import usable_cores
from harness.runner.environment import PROXY_VARIABLES, child_environment
from harness.toolchain.cache import made_state
from harness.toolchain.ready import prepare_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from measure import Told

    from harness.model.cell import Cell

WAYS = {
    "a process each": (["--no-cache", "--isolation", "process"], 1.1, 1.15),
    "forked": (["--no-cache"], 0.8, 0.7),
    "forked, not sealed": (["--no-cache", "--no-seal"], None, None),
    "cached": (["--cache"], None, None),
}
"""How the suite runs, and what that may cost: time, and processor time."""


def commands(root: Path, port: int, cells: Sequence[Cell], homes: Path) -> list[dict]:
    """The samples' commands, as the suite runs them."""
    state = made_state(root)
    toolchains = prepare_all(
        {cell.client.name: cell.client for cell in cells}.values(), root, state, print
    )
    found = []
    for number, cell in enumerate(cells):
        home = homes / str(number)
        ready = toolchains[cell.client.name]
        if isinstance(ready, Exception):
            raise SystemExit(str(ready))
        (home / "work").mkdir(parents=True)
        (home / "tmp").mkdir()
        env = child_environment(
            cell, ready, canary="floor", bundle=state / "tls" / "ca.pem", home=home
        )
        env |= dict.fromkeys(PROXY_VARIABLES, f"http://127.0.0.1:{port}")
        words = {**ready.words, "sample": str(sample(root, cell))}
        argv = [argument.format_map(words) for argument in cell.client.run]
        found.append({"argv": argv, "env": env, "cwd": str(home / "work")})
    return found


def sample(root: Path, cell: Cell) -> Path:
    """A cell's file: the committed one, or the one that the suite has rendered."""
    if cell.committed:
        return root / cell.path
    return made_state(root) / "rendered" / cell.model / cell.client.name / Path(cell.path).name


def by_hand(task: bytes) -> Cost:
    """What it costs to start commands by hand."""
    command = [sys.executable, "-I", "-S", str(HERE / "floor.py")]
    output = subprocess.run(command, input=task, stdout=subprocess.PIPE, check=True).stdout
    done = json.loads(output)
    if done["failed"]:
        raise SystemExit(f"a sample started by hand failed:\n{done['failed'][0]}")
    return Cost(done["wall_s"], done["cpu_s"])


def measure(rounds: int, told: Told, *, every_model: bool = False) -> Group:
    """The whole suite against its floor, for the default model or for every one."""
    root, jobs = find(HERE), usable_cores()
    project = open_project(root)
    models = list(project.catalog.models) if every_model else []
    cells = {cell.id: cell for cell in project.cells(models)}
    with tempfile.TemporaryDirectory() as folder, script("gateway.py", str(root)) as (_, port):
        report = Path(folder, "report")
        run = [COMMAND, "run", "--project", str(root), "--report", str(report), "-j", str(jobs)]
        run += ["--model", "all"] if every_model else []
        told(f"{len(cells)} samples: what is made once")
        cost_of([*run, "--no-cache"])
        lines = [line for line in ndjson.read(report / ndjson.NAME) if line["type"] == "cell"]
        lines.sort(key=lambda line: -line["run"]["duration_ms"])
        order = [cells[line["id"]] for line in lines]
        started = commands(root, int(port), order, Path(folder, "homes"))
        task = json.dumps({"jobs": jobs, "commands": started}).encode()
        by_hand(task)
        found = in_turn(
            rounds,
            told,
            f"{len(cells)} samples",
            lambda: by_hand(task),
            *(lambda way=way: cost_of([*run, *way]) for way, *_ in WAYS.values()),
        )
    measures = []
    for number, (name, (_, wall, cpu)) in enumerate(WAYS.items(), start=1):
        for unit, field, goal in (("time", "wall_s", wall), ("processor", "cpu_s", cpu)):
            pairs = [(getattr(costs[number], field), getattr(costs[0], field)) for costs in found]
            measures.append(ratio(name, "samples by hand", unit, pairs, goal))
    return Group(
        name=f"suite-{len(cells)}",
        title=f"The suite of {len(cells)} samples, {jobs} at once, against the same started by hand",
        measures=tuple(measures),
    )
