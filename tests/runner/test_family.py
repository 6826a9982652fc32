"""Whatever a sample leaves running is known, also while it becomes another program."""

import os
import signal
import time

import pytest

from harness.runner import family

TIMES = 40


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
    monkeypatch.setattr(family, "_read", lambda path: b"" if "cmdline" in path else read(path))
    assert family.name(child) == read(f"/proc/{child}/comm").strip().decode()
    monkeypatch.setattr(family, "_read", lambda _: b"")
    assert family.name(child) == f"process {child}"


def test_a_command_left_in_the_background_is_always_found(run, tmp_path):
    """Its shell is gone before it has become `sleep`."""
    script = tmp_path / "left.sh"
    script.write_text("sleep 600 &\n")
    for _ in range(TIMES):
        ended, *_ = run("/bin/sh", str(script))
        assert len(ended.left_behind) == 1, ended
