"""What a command costs, with everything that it starts and waits for, and what else kept the machine busy."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMAND = str(Path(sys.executable).parent / "sampleproof")

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""A developer's settings for Python, such as to keep no bytecode, would be measured too."""

LOOK_S = 0.02


class Cost(msgspec.Struct, frozen=True):
    wall_s: float
    cpu_s: float
    peak_mib: float = 0.0
    """The most memory that the command's own process held, if anybody looked (Linux only)."""


def cost_of(command: Sequence[str], *, look: bool = False) -> Cost:
    """What a command costs.

    Args:
        command: The first word is a path.
        look: Whether to look at the memory it holds, every now and then.

    Raises:
        SystemExit: It fails.
    """
    peak = 0.0
    with tempfile.TemporaryFile() as output:
        actions = [(os.POSIX_SPAWN_DUP2, output.fileno(), number) for number in (1, 2)]
        started = time.monotonic()
        pid = os.posix_spawn(command[0], command, ENVIRONMENT, file_actions=actions)
        # Not of what it starts: the system tells no more than the largest of all.
        while look and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            peak = peak_mib(pid) or peak
            time.sleep(LOOK_S)
        _, status, used = os.wait4(pid, 0)
        wall_s = time.monotonic() - started
        if status:
            output.seek(0)
            sys.stderr.write(output.read().decode("utf-8", "replace"))
            raise SystemExit(f"this failed, so there is nothing to measure: {' '.join(command)}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, peak)


def peak_mib(pid: int) -> float:
    """The most memory a process has held so far; 0 where the system does not tell."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def elsewhere() -> Iterator[list[float]]:
    """Takes the part of the machine that was busy with something else, when all is done."""
    found: list[float] = []
    ours, (busy, had) = sum(os.times()[:4]), _busy_s()
    yield found
    ours, (busy_now, had_now) = sum(os.times()[:4]) - ours, _busy_s()
    if had_now > had:
        found.append(max(0.0, busy_now - busy - ours) / (had_now - had))


def _busy_s() -> tuple[float, float]:
    """Seconds that all processors together have worked, and have had (Linux only)."""
    try:
        numbers = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    except OSError:
        return 0.0, 0.0
    ticks = [int(number) / os.sysconf("SC_CLK_TCK") for number in numbers]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)
