"""Starts commands by hand: the least that running samples can cost.

Reads `{"jobs": 2, "commands": [{"argv": […], "env": {…}, "cwd": "…"}]}` from standard input. Each
command gets a pseudo-terminal of its own for both outputs, as in a run. Prints how long it took
from the first start to the last end, and the processor time of the commands alone: this process is
not counted. Standard library only, and as little of it as will do.
"""

import json
import os
import resource
import select
import sys
import time


def main() -> None:
    task = json.load(sys.stdin)
    waiting = task["commands"]
    nothing = os.open(os.devnull, os.O_RDONLY)
    watch = select.poll()
    running: dict[int, int] = {}
    outputs: dict[int, bytes] = {}
    statuses = []
    started = time.monotonic()
    while waiting or running:
        while waiting and len(running) < task["jobs"]:
            inlet, pid = start(waiting.pop(0), nothing)
            running[inlet], outputs[inlet] = pid, b""
            watch.register(inlet, select.POLLIN)
        for inlet, _ in watch.poll():
            if piece := read(inlet):
                outputs[inlet] += piece
                continue
            watch.unregister(inlet)
            os.close(inlet)
            statuses.append((os.waitpid(running.pop(inlet), 0)[1], outputs.pop(inlet).decode()))
    wall_s = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    failed = [output for status, output in statuses if status]
    json.dump(
        {"wall_s": wall_s, "cpu_s": used.ru_utime + used.ru_stime, "failed": failed}, sys.stdout
    )


def start(command: dict, nothing: int) -> tuple[int, int]:
    inlet, outlet = os.openpty()
    os.chdir(command["cwd"])
    pid = os.posix_spawn(
        command["argv"][0],
        command["argv"],
        command["env"],
        file_actions=[
            (os.POSIX_SPAWN_DUP2, *pair) for pair in ((nothing, 0), (outlet, 1), (outlet, 2))
        ],
        setsid=True,
    )
    os.close(outlet)
    return inlet, pid


def read(inlet: int) -> bytes:
    try:
        return os.read(inlet, 65536)
    except OSError:  # how a terminal says that nobody has it open any more
        return b""


if __name__ == "__main__":
    main()
