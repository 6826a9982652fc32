"""Runs the suite again and again, and ends with the first failure that is not a sample's own.

    python tests/soak.py [RUNS]

Every second run has all cores kept busy by others. The samples are right, so every run must pass.
"""

# ruff: noqa: T201  (it is made to be watched)
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
RUNS = 200


@contextmanager
def busy_cores(*, wanted: bool) -> Iterator[None]:
    """As many endless loops as there are cores."""
    command = [sys.executable, "-S", "-c", "while True: pass"]
    loops = [subprocess.Popen(command) for _ in range((os.cpu_count() or 1) if wanted else 0)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(report: Path) -> tuple[int, str, float]:
    """Run the suite once: exit code, what it said, seconds."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "harness", "run", "--no-cache", "--report", report],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, time.monotonic() - started


def main(runs: int) -> int:
    """Run the suite a number of times; the exit code of the first run that fails, or 0."""
    verdicts: Counter[str] = Counter()
    slowest = {False: 0.0, True: 0.0}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, runs + 1):
            busy = number % 2 == 0
            with busy_cores(wanted=busy):
                code, said, seconds = run(Path(folder))
            if code:
                print(f"run {number} of {runs} ({'busy' if busy else 'idle'}) ended with {code}:")
                print(said)
                return code
            for text in (Path(folder) / "report.ndjson").read_text("utf-8").splitlines():
                line = json.loads(text)
                if line["type"] in {"cell", "parity"}:
                    verdicts[f"{line['type']} {line['verdict']}"] += 1
            slowest[busy] = max(slowest[busy], seconds)
            if sys.stdout.isatty():
                print(f"\r{number}/{runs} ", end="", flush=True)
    tally = ", ".join(f"{number} × {verdict}" for verdict, number in sorted(verdicts.items()))
    print(f"{runs} runs: {tally}; slowest {slowest[False]:.1f} s, busy {slowest[True]:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
