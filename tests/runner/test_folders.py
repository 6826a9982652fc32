"""What one call's runs leave on disk goes with the call, however it ends."""

import subprocess
import sys

import pytest

from harness.model.problem import HarnessError
from harness.runner.folders import Folders

HOLD = """
import sys, time
from pathlib import Path
from harness.runner.folders import Folders
print(Folders(Path(sys.argv[1])).new(), flush=True)
time.sleep(600)
"""


def names(around):
    return sorted(path.name for path in around.iterdir())


def test_a_run_has_a_home_that_is_its_own(tmp_path):
    folders = Folders(tmp_path)
    first, second = folders.new(), folders.new()
    assert first != second
    assert names(first) == names(second) == ["tmp", "work"]
    assert first.parent.stat().st_mode & 0o077 == 0
    folders.discard(first)
    assert second.is_dir()
    assert not first.exists()
    folders.close()
    assert names(tmp_path) == ["lock"]


def test_calls_at_once_leave_each_other_alone(tmp_path):
    mine = Folders(tmp_path)
    home = mine.new()
    other = Folders(tmp_path)
    assert home.is_dir()
    other.close()
    assert home.is_dir()
    mine.close()


def test_what_a_killed_call_leaves_is_removed_by_the_next(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        left = process.stdout.readline().strip()
        Folders(tmp_path).close()
        assert left.startswith(str(tmp_path))
        assert names(tmp_path) != ["lock"]
        process.kill()
    Folders(tmp_path).close()
    assert names(tmp_path) == ["lock"]


def test_a_link_in_its_place_is_refused(tmp_path):
    (tmp_path / "theirs/call-theirs").mkdir(parents=True)
    (tmp_path / "runs").symlink_to(tmp_path / "theirs")
    with pytest.raises(HarnessError, match="runs is a link"):
        Folders(tmp_path / "runs")
    assert names(tmp_path / "theirs") == ["call-theirs"]


def test_nothing_is_removed_that_no_call_has_made(tmp_path):
    around = tmp_path / "runs"
    (around / "mine").mkdir(parents=True)
    (tmp_path / "theirs/more").mkdir(parents=True)
    (around / "call-link").symlink_to(tmp_path / "theirs")
    Folders(around).close()
    assert names(around) == ["call-link", "lock", "mine"]
    assert names(tmp_path / "theirs") == ["more"]
