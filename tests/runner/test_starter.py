"""A sample is started alone, ends with everything it started, and dies with the harness."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from harness.model.problem import HarnessError
from harness.runner.launcher import Launcher, Order
from harness.runner.terminal import Terminal

PYTHON = sys.executable


def alive(marker):
    """Processes with a marker in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if marker.encode() in command and state != "Z" and int(folder.name) != os.getpid():
            found.append(command)
    return found


def gone(marker, within_s=5.0):
    deadline = time.monotonic() + within_s
    while alive(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(marker)


def test_exit_status_and_streams(run):
    ended, output, errors = run("/bin/sh", "-c", "echo out; echo err >&2; exit 3")
    assert (ended.code, ended.signal, ended.left_behind) == (3, None, ())
    assert (output, errors) == (b"out\n", b"err\n")


def test_a_signal_is_told_apart_from_a_status(run):
    ended, _, _ = run("/bin/sh", "-c", "kill -SEGV $$")
    assert (ended.code, ended.signal) == (None, signal.SIGSEGV)


def test_the_terminal_is_one_of_24_by_80_and_changes_no_byte(run):
    code = "import os,sys; print(os.isatty(0), os.isatty(1), os.isatty(2), *os.get_terminal_size(1)); sys.stdout.flush(); os.write(1, bytes(range(256)))"
    _, output, _ = run(PYTHON, "-c", code)
    assert output == b"False True False 80 24\n" + bytes(range(256))


def test_nothing_of_ours_is_open_in_a_sample(run):
    code = "import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd')))"
    _, output, _ = run(PYTHON, "-c", code)
    assert output == b"[0, 1, 2, 3]\n"  # 3 is the listing itself


def test_the_environment_is_only_what_was_ordered(run, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_USER", "x")
    _, output, _ = run("/usr/bin/env", env={"ONE": "1"})
    assert output == b"ONE=1\n"


def test_signals_are_as_a_shell_leaves_them(run):
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert run(PYTHON, "-c", code)[1] == b"True\n"
    ended, _, _ = run("/bin/sh", "-c", "exec yes >&1 | head -c 1; exit 0")
    assert ended.code == 0


@pytest.mark.parametrize(
    "stubborn",
    ["trap '' TERM INT HUP; sleep 1000", "while :; do :; done", "sleep 1000 & sleep 1000"],
)
def test_what_outlives_its_limit_is_ended_with_all_it_started(run, stubborn):
    marker = f"limit{time.monotonic_ns()}"
    ended, output, _ = run("/bin/sh", "-c", f"echo begun; {stubborn} # {marker}", limit_s=0.5)
    assert ended.ended_for == "time"
    assert output == b"begun\n"
    assert gone(marker)


def test_a_daemon_is_found_and_ended(run):
    marker = f"daemon{time.monotonic_ns()}"
    code = f"""
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (0, 1, 2): os.close(number)
            time.sleep(1000)  # {marker}
        os._exit(0)
    os.wait()
    print("answer")
    """
    ended, output, _ = run(PYTHON, "-c", textwrap.dedent(code))
    assert ended.code == 0
    assert output == b"answer\n"
    assert len(ended.left_behind) == 1
    assert marker in ended.left_behind[0]
    assert gone(marker)


def test_a_child_that_ends_by_itself_in_a_moment_is_no_daemon(run):
    ended, _, _ = run("/bin/sh", "-c", "sleep 0.05 & exit 0")
    assert ended.left_behind == ()


def test_what_cannot_be_started_is_our_fault(run):
    with pytest.raises(HarnessError, match="/no/such/program: No such file"):
        run("/no/such/program")


def test_a_folder_that_is_not_there_is_our_fault(run):
    with pytest.raises(HarnessError, match="could not be started"):
        run("/bin/true", cwd="/no/such/folder")


def test_a_starter_that_is_gone_is_our_fault(run, starter):
    starter.kill()
    os.waitpid(starter.pid, 0)
    with pytest.raises(HarnessError, match=r"starter is gone|warden has vanished"):
        run("/bin/true")


def test_a_faked_subprocess_module_never_meets_a_sample(run, fp):
    fp.allow_unregistered(False)
    assert run("/bin/echo", "real")[1] == b"real\n"


HARNESS = """
import asyncio, sys, time
from harness.runner.launcher import Launcher, Order
from harness.runner.terminal import Terminal
async def main():
    launcher, terminal = Launcher(), Terminal()
    script = "setsid sleep 1000 & sleep 1000 # {marker}"
    launcher.launch(Order(argv=("/bin/sh", "-c", script), env={{}}, cwd="/", limit_s=1000), terminal)
    print("begun", flush=True)
    await asyncio.sleep(1000)
asyncio.run(main())
"""


@pytest.mark.parametrize("victim", ["harness", "group"])
def test_when_the_harness_is_killed_everything_dies(victim):
    marker = f"killed{time.monotonic_ns()}"
    code = HARNESS.format(marker=marker)
    with subprocess.Popen(
        [PYTHON, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    ) as harness:
        assert harness.stdout.readline() == b"begun\n"
        deadline = time.monotonic() + 5
        while len(alive(marker)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        (os.killpg if victim == "group" else os.kill)(harness.pid, signal.SIGKILL)
        harness.wait()
    assert gone(marker)


def test_closing_the_starter_ends_every_run():
    launcher = Launcher()
    launcher.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(launcher.pid, os.WNOHANG)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_descriptor_of_the_harness_reaches_a_sample(tmp_path):
    kept = os.dup2(0, 300, inheritable=True)
    launcher = Launcher()
    os.close(kept)

    async def once():
        terminal = Terminal()
        code = "import os; print(sorted(os.listdir('/proc/self/fd')), os.environ)"
        order = Order(argv=(PYTHON, "-c", code), env={}, cwd=str(tmp_path), limit_s=20)
        running = launcher.launch(order, terminal)
        with contextlib.closing(running), contextlib.closing(terminal):
            await running.ended()
            await terminal.drain()
            return bytes(terminal.output.data)

    try:
        # The last is the folder that is being listed.
        assert asyncio.run(once()).startswith(b"['0', '1', '2', '3'] ")
        environment = Path(f"/proc/{launcher.pid}/environ").read_bytes()
        assert environment == f"PATH={os.defpath}\0".encode()
    finally:
        launcher.close()
