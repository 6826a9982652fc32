"""Measures everything, side by side, and prints ratios.

    make bench
    .venv/bin/python benchmarks/bench.py suite gateway --rounds 9 --json build/bench.json

Each part tells in its own file what it measures, and how.
"""

from __future__ import annotations

import argparse
import platform
import sys
from functools import partial
from pathlib import Path

import growth
import msgspec
import scale
import sealing
import startup
import streams
import suite
import throughput
from cost import elsewhere
from measure import Bench, table

from harness.runner.cores import usable_cores

PARTS = {
    "suite": suite.measure,
    "suite-all": partial(suite.measure, every_model=True),
    "sealing": sealing.measure,
    "start": startup.measure,
    "scale": scale.measure,
    "gateway": throughput.measure,
    "streams": streams.measure,
    "growth": growth.measure,
}
ROUNDS = {"suite-all": 0.7, "scale": 0.3, "streams": 0.2}
"""Of the parts that take long: a part of the rounds of the others."""


def told(text: str) -> None:
    """Say on a terminal what is measured now, in one line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the harness against its floors.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"only these of {', '.join(PARTS)}"
    )
    parser.add_argument("--rounds", type=int, default=7, help="rounds to measure (default: 7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    groups = []
    with elsewhere() as others:
        for name in options.parts or PARTS:
            rounds = max(2, round(options.rounds * ROUNDS.get(name, 1)))
            groups.append(PARTS[name](rounds, told))
            told("")
            print(f"{table(groups[-1])}\n", flush=True)
    for part in others:
        print(f"Other programs kept {part:.0%} of this machine busy meanwhile.")
    print("Ratios are of medians, of rounds measured in turn. A goal that is missed is marked: !")
    if options.json:
        found = Bench(
            cores=usable_cores(),
            python=platform.python_version(),
            others=others[0] if others else None,
            groups=tuple(groups),
        )
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


if __name__ == "__main__":
    main()
