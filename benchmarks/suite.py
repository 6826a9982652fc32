"""What the harness costs: the whole suite against the same samples started by hand.

    make bench
    .venv/bin/python benchmarks/suite.py --rounds 9 --json build/bench.json

Only ratios are shown. Times say more of the machine, and of what else it does, than of the harness;
so everything is measured in turn, A B A B, and the floor's own spread is shown as the noise.

The suite is `sampleproof run` as a user types it: from its start to its end, with all its processes.
The floor is the same commands with the same environments, the same number at once, longest first,
against the same gateway. It counts from the first command's start to the last one's end, and the
processor time of the commands alone: not the one that starts them, and not the gateway, which is
a process of its own there. Nothing can run these samples for less.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import msgspec
from serving import HERE, script

from harness.model.project import find, open_project
from harness.report import ndjson
from harness.runner.cores import usable_cores
from harness.runner.environment import PROXY_VARIABLES, child_environment
from harness.toolchain.ready import prepare_all
from harness.toolchain.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

COMMAND = Path(sys.executable).parent / "sampleproof"

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""A developer's settings for Python, such as to keep no bytecode, would be measured too."""


WAYS = {(): 1.25, ("--no-seal",): None, ("--isolation", "process"): None}
"""How the suite runs, and what that may cost at most."""


class Cost(msgspec.Struct, frozen=True):
    wall_s: float
    cpu_s: float


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """How much one thing costs of another, over rounds measured in turn."""

    what: str
    against: str
    unit: str
    ratio: float
    """Of the medians."""
    lowest: float
    """Of one round, as the next."""
    highest: float
    noise: float
    """The spread of the floor's middle half, as a part of its median."""
    goal: float | None = None


def ratio(
    what: str, against: str, unit: str, pairs: Sequence[tuple[float, float]], goal: float | None
) -> Ratio:
    floors = sorted(floor for _, floor in pairs)
    middle = floors[len(floors) // 4 : len(floors) - len(floors) // 4]
    each = [cost / floor for cost, floor in pairs]
    return Ratio(
        what=what,
        against=against,
        unit=unit,
        ratio=median(cost for cost, _ in pairs) / median(floors),
        lowest=min(each),
        highest=max(each),
        noise=(middle[-1] - middle[0]) / median(floors),
        goal=goal,
    )


def in_turn(rounds: int, *things: Callable[[], Cost]) -> list[tuple[Cost, ...]]:
    return [tuple(thing() for thing in things) for _ in range(rounds)]


def cost_of(command: Sequence[str]) -> Cost:
    """What a command costs with everything it starts and waits for.

    Raises:
        SystemExit: It fails.
    """
    with tempfile.TemporaryFile() as output:
        actions = [(os.POSIX_SPAWN_DUP2, output.fileno(), number) for number in (1, 2)]
        started = time.monotonic()
        pid = os.posix_spawn(command[0], command, ENVIRONMENT, file_actions=actions)
        _, status, used = os.wait4(pid, 0)
        wall_s = time.monotonic() - started
        if status:
            output.seek(0)
            sys.stderr.write(output.read().decode("utf-8", "replace"))
            raise SystemExit(f"this failed, so there is nothing to measure: {' '.join(command)}")
    return Cost(wall_s, used.ru_utime + used.ru_stime)


def busy_s() -> tuple[float, float]:
    """Seconds that all processors together have worked, and have had (Linux only)."""
    try:
        numbers = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    except OSError:
        return 0.0, 0.0
    ticks = [int(number) / os.sysconf("SC_CLK_TCK") for number in numbers]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


@contextmanager
def elsewhere() -> Iterator[list[float]]:
    """Takes the part of the machine that was busy with something else, when all is done."""
    found: list[float] = []
    ours, (busy, had) = sum(os.times()[:4]), busy_s()
    yield found
    ours, (busy_now, had_now) = sum(os.times()[:4]) - ours, busy_s()
    if had_now > had:
        found.append(max(0.0, busy_now - busy - ours) / (had_now - had))


@contextmanager
def gateway(root: Path) -> Iterator[dict[str, int]]:
    """The gateway's ports by cell, while its process lives."""
    with script("gateway.py", str(root)) as (_, ports):
        yield json.loads(ports)


def commands(root: Path, ports: dict[str, int], order: Sequence[str], homes: Path) -> list[dict]:
    """The samples' commands, as the suite runs them."""
    project, state = open_project(root), state_folder(root)
    toolchains = prepare_all(project.clients.values(), root, state, print)
    cells = {cell.id: cell for cell in project.cells()}
    found = []
    for number, name in enumerate(order):
        cell, home = cells[name], homes / str(number)
        ready = toolchains[cell.client.name]
        if isinstance(ready, Exception):
            raise SystemExit(str(ready))
        (home / "work").mkdir(parents=True)
        (home / "tmp").mkdir()
        words = {**ready.words, "sample": str(root / cell.path)}
        env = child_environment(
            cell,
            ready,
            canary="floor",
            bundle=state / "tls" / "ca.pem",
            home=home,
        )
        env |= dict.fromkeys(PROXY_VARIABLES, f"http://127.0.0.1:{ports[name]}")
        argv = [argument.format_map(words) for argument in cell.client.run]
        found.append({"argv": argv, "env": env, "cwd": str(home / "work")})
    return found


def by_hand(task: bytes) -> Cost:
    """What it costs to start commands by hand."""
    command = [sys.executable, "-I", "-S", str(HERE / "floor.py")]
    done = json.loads(
        subprocess.run(command, input=task, stdout=subprocess.PIPE, check=True).stdout
    )
    if done["failed"]:
        raise SystemExit(f"a sample started by hand failed:\n{done['failed'][0]}")
    return Cost(done["wall_s"], done["cpu_s"])


def suite(rounds: int, jobs: int, folder: Path) -> list[Ratio]:
    """The whole suite against its floor."""
    root, report = find(HERE), folder / "report"
    run = [
        str(COMMAND),
        "run",
        "--no-cache",
        "--project",
        str(root),
        "--report",
        str(report),
        "-j",
        str(jobs),
    ]
    cost_of(run)  # whatever is made once is there now
    cells = [line for line in ndjson.read(report / ndjson.NAME) if line["type"] == "cell"]
    cells.sort(key=lambda line: -line["run"]["duration_ms"])
    with gateway(root) as ports:
        started = commands(root, ports, [line["id"] for line in cells], folder / "homes")
        task = json.dumps({"jobs": jobs, "commands": started}).encode()
        by_hand(task)
        found = in_turn(
            rounds,
            lambda: by_hand(task),
            *(lambda way=way: cost_of([*run, *way]) for way in WAYS),
        )
    return [
        ratio(
            " ".join(["run", *way]),
            f"{len(cells)} samples alone",
            unit,
            [(getattr(costs[number], field), getattr(costs[0], field)) for costs in found],
            goal,
        )
        for number, (way, goal) in enumerate(WAYS.items(), start=1)
        for unit, field in (("wall", "wall_s"), ("CPU", "cpu_s"))
    ]


def start_up(rounds: int) -> list[Ratio]:
    """Small calls against the least that a command of this kind can cost."""
    least = "import click"
    found = []
    for arguments, goal in ((["--help"], 3.0), (["list"], None)):
        pairs = in_turn(
            rounds,
            lambda arguments=arguments: cost_of([str(COMMAND), *arguments]),
            lambda: cost_of([sys.executable, "-c", least]),
        )
        walls = [(a.wall_s, b.wall_s) for a, b in pairs]
        found.append(ratio(f"sampleproof {arguments[0]}", least, "wall", walls, goal))
    return found


def table(ratios: Sequence[Ratio]) -> str:
    lines = [f"{'':24}{'against':20}{'':6}{'ratio':>6}{'rounds':>12}{'noise':>6}{'goal':>6}"]
    for one in ratios:
        rounds = f"{one.lowest:.2f}–{one.highest:.2f}"
        goal = f"{one.goal:.2f}" if one.goal else ""
        lines.append(
            f"{one.what:24}{one.against:20}{one.unit:6}"
            f"{one.ratio:6.2f}{rounds:>12}{one.noise:6.0%}{goal:>6}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the suite against its floor.")
    parser.add_argument("--rounds", type=int, default=7, help="pairs to measure (default: 7)")
    parser.add_argument("--jobs", type=int, default=usable_cores(), help="samples at once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    options = parser.parse_args()
    with elsewhere() as others:
        with tempfile.TemporaryDirectory() as folder:
            ratios = suite(options.rounds, options.jobs, Path(folder))
        ratios += start_up(2 * options.rounds)
    print(table(ratios))
    print(f"\n{options.rounds} rounds in turn, {options.jobs} samples at once; ratio of medians.")
    print("Samples alone: without the gateway, and without what starts them.")
    for part in others:
        print(f"Other programs kept {part:.0%} of this machine busy meanwhile.")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(ratios)))


if __name__ == "__main__":
    main()
