"""What is paid before anything happens, against the least that a command of this kind can cost."""

from __future__ import annotations

import sys
import tempfile
from statistics import median
from typing import TYPE_CHECKING

from cost import COMMAND, cost_of
from measure import Group, Measure, in_turn, ratio, spread
from serving import HERE

from harness.model.root import find

if TYPE_CHECKING:
    from measure import Told

LEAST = "import click"
RERUN_S = 0.4


def measure(rounds: int, told: Told) -> Group:
    """Small calls, and a run of what has not changed."""
    root = str(find(HERE))
    with tempfile.TemporaryDirectory() as report:
        again = [COMMAND, "run", "--cache", "--project", root, "--report", report]
        cost_of(again)  # so that all of it has passed
        calls = {
            "sampleproof --help": ([COMMAND, "--help"], 3.0),
            "sampleproof list": ([COMMAND, "list", "--project", root], None),
            "sampleproof run, unchanged": (again, None),
        }
        costs = in_turn(
            2 * rounds,
            told,
            "start-up",
            lambda: cost_of([sys.executable, "-c", LEAST]),
            *(lambda call=call: cost_of(call) for call, _ in calls.values()),
        )
    measures = [
        ratio(name, LEAST, "time", [(one[number].wall_s, one[0].wall_s) for one in costs], goal)
        for number, (name, (_, goal)) in enumerate(calls.items(), start=1)
    ]
    walls = [one[-1].wall_s for one in costs]
    measures.append(
        Measure(
            what="sampleproof run, unchanged",
            unit="seconds",
            value=median(walls),
            lowest=min(walls),
            highest=max(walls),
            noise=spread(one[0].wall_s for one in costs),
            goal=RERUN_S,
        )
    )
    return Group(name="start", title="Start-up, and a run of nothing new", measures=tuple(measures))
