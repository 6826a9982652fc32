"""What a sealed run is: limits, memory above all, and the filter of system calls."""

import asyncio
import contextlib
import sys

import pytest

from harness.runner.launcher import Order, Seal
from harness.runner.terminal import Terminal


@pytest.fixture
def run_sealed(starter, tmp_path):
    """Run a command in a seal; gives how it ended, the terminal's bytes, standard error's."""
    home = tmp_path.resolve()
    if refused := starter.probe(str(home)):
        pytest.skip(f"runs cannot be sealed here: {refused}")

    def start(*argv, limit_s=20.0, **changes):
        async def once():
            terminal = Terminal()
            seal = Seal(home=str(home), read=(sys.prefix, sys.base_prefix), **changes)
            cwd = str(home / "work")
            order = Order(argv=argv, env={}, cwd=cwd, limit_s=limit_s, seal=seal)
            running = starter.launch(order, terminal)
            with contextlib.closing(running), contextlib.closing(terminal):
                ended = await running.ended()
                await terminal.drain()
                return ended, bytes(terminal.output.data), bytes(terminal.errors.data)

        return asyncio.run(once())

    return start


SHARING = """
import mmap
for _ in range(20):
    shared = mmap.mmap(-1, 2**24)
    for start in range(0, 2**24, 4096):
        shared[start] = 1
    globals().setdefault("kept", []).append(shared)
import time
time.sleep(20)
"""


def test_memory_that_is_shared_counts_too(run_sealed):
    ended, _, _ = run_sealed(sys.executable, "-c", SHARING, memory=2**28)
    assert ended.ended_for == "memory"


def test_memory_of_several_processes_is_added(run_sealed):
    code = "import os, time; os.fork(); os.fork(); kept = b'x' * 2**26; time.sleep(20)"
    assert run_sealed(sys.executable, "-c", code, memory=2**28)[0].ended_for == "memory"


def test_a_run_that_holds_less_is_left_alone(run_sealed):
    code = "import time; kept = b'x' * 2**26; time.sleep(1)"
    ended, _, _ = run_sealed(sys.executable, "-c", code, memory=2**28)
    assert (ended.code, ended.ended_for) == (0, "")


def test_sockets_of_other_families_are_refused(run_sealed):
    code = """
import socket
for family in (1, 2, 10, 16):
    socket.socket(family, socket.SOCK_DGRAM).close()
for family in (*range(3, 10), *range(11, 16), *range(17, 46)):
    try:
        socket.socket(family, socket.SOCK_STREAM)
        print("opened", family)
    except OSError as error:
        if error.errno != 97:
            print(family, error)
"""
    ended, output, errors = run_sealed(sys.executable, "-c", code)
    assert (ended.code, output, errors) == (0, b"", b"")


def test_there_is_no_capability_and_no_way_to_get_one(run_sealed):
    _, output, _ = run_sealed("/bin/cat", "/proc/self/status")
    status = dict(line.split(":\t", 1) for line in output.decode().splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_all_that_can_be_written_to_is_small_and_in_memory(run_sealed):
    code = """
import os
for line in open("/proc/self/mounts"):
    place = line.split()[1]
    if os.access(place, os.W_OK) and os.path.isdir(place):
        found = os.statvfs(place)
        print(place, line.split()[2], found.f_blocks * found.f_frsize <= 2**26)
"""
    ended, output, errors = run_sealed(sys.executable, "-c", code)
    assert (ended.code, errors) == (0, b"")
    places = dict(line.split(" ", 1) for line in output.decode().splitlines())
    assert set(places.values()) == {"tmpfs True"}
    assert {"/tmp", "/dev/shm"} <= set(places)
    assert not {"/", "/usr", "/proc", "/etc"} & set(places)
