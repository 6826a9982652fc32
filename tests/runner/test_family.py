"""Whatever a sample leaves running is known, also while it becomes another program."""

import os
import signal
import subprocess
import sys
import time

import pytest

from harness.runner import family

# Between fork and exec a process has no command line.
LEFT = """
import os, signal, time
from harness.runner import family
read = family._read
family._read = lambda path, size=-1: b"" if "cmdline" in path else read(path, size)
pid = os.fork()
if pid == 0:
    time.sleep(600)
print(family.strays(), flush=True)
os.kill(pid, signal.SIGKILL)
"""


@pytest.fixture
def child():
    """A child that does nothing until it is killed."""
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
        os._exit(0)
    yield pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_process_has_a_name_even_without_a_command_line(child, monkeypatch):
    assert family.name(child)
    read = family._read
    without = lambda path, size=-1: b"" if "cmdline" in path else read(path, size)  # noqa: E731
    monkeypatch.setattr(family, "_read", without)
    assert family.name(child) == read(f"/proc/{child}/comm").strip().decode()
    monkeypatch.setattr(family, "_read", lambda *_: b"")
    assert family.name(child) == f"process {child}"


def test_what_becomes_another_program_is_found():
    done = subprocess.run(
        [sys.executable, "-c", LEFT], capture_output=True, text=True, timeout=60, check=True
    )
    assert len(eval(done.stdout)) == 1


def test_a_command_left_in_the_background_is_found(run, tmp_path):
    script = tmp_path / "left.sh"
    script.write_text("sleep 600 &\n")
    ended, *_ = run("/bin/sh", str(script))
    assert len(ended.left_behind) == 1, ended
