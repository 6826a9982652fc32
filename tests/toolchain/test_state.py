import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.model.problem import HarnessError
from harness.toolchain import state


def fill(folder: Path) -> None:
    (folder / "proof").write_text("whole")


def test_a_clone_is_its_own_workspace(tmp_path):
    assert state.workspace(tmp_path) == tmp_path
    assert state.state_folder(tmp_path) == tmp_path / ".harness"


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    package = tmp_path / "package"
    (package / "samples/python/__pycache__").mkdir(parents=True)
    (package / "samples/catalog.yaml").write_text("models: {}")
    (package / "samples/python/__pycache__/x.pyc").touch()
    monkeypatch.setattr(state, "BUNDLED", package)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return package


def test_a_packaged_project_is_copied_once(bundled):
    before = sorted(bundled.rglob("*"))
    first = state.workspace(bundled)
    born = (first / "samples").stat().st_ctime_ns
    assert state.workspace(bundled) == first
    assert (first / "samples").stat().st_ctime_ns == born
    assert (first / "samples/catalog.yaml").read_text() == "models: {}"
    assert not (first / "samples/python/__pycache__").exists()
    assert sorted(bundled.rglob("*")) == before, "something was written into the package"


def test_a_packaged_project_that_changed_gets_a_copy_of_its_own(bundled):
    first = state.workspace(bundled)
    (bundled / "samples/catalog.yaml").write_text("models: {a: b}")
    second = state.workspace(bundled)
    assert second != first
    assert (second / "samples/catalog.yaml").read_text() == "models: {a: b}"


def test_a_cache_that_cannot_be_written_is_named(bundled, tmp_path):
    (tmp_path / "cache").write_text("a file is in the way")
    shutil.rmtree(tmp_path / "Library", ignore_errors=True)
    if sys.platform == "darwin":
        (tmp_path / "Library").write_text("a file is in the way")
    with pytest.raises(HarnessError, match=r"cannot write in .*sampleproof") as caught:
        state.workspace(bundled)
    assert "writable" in caught.value.remedy


def test_a_whole_folder_is_not_made_again(tmp_path):
    state.installed(tmp_path / "x", "proof", fill)
    state.installed(tmp_path / "x", "proof", lambda _: pytest.fail("made again"))


def test_a_broken_folder_is_made_anew(tmp_path):
    folder = state.installed(tmp_path / "x", "proof", fill)
    (folder / "proof").unlink()
    (folder / "left over").touch()
    state.installed(folder, "proof", fill)
    assert [path.name for path in folder.iterdir()] == ["proof"]


def test_a_link_whose_target_vanished_is_no_proof(tmp_path):
    folder = state.installed(tmp_path / "x", "proof", lambda new: (new / "proof").symlink_to("/no"))
    state.installed(folder, "proof", fill)
    assert (folder / "proof").read_text() == "whole"


def test_a_failed_installation_leaves_nothing(tmp_path):
    def fail(new: Path) -> None:
        fill(new)
        raise HarnessError("no network")

    with pytest.raises(HarnessError, match="no network"):
        state.installed(tmp_path / "x", "proof", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["x.lock"]


def test_what_an_ended_process_left_is_cleared_away(tmp_path):
    (tmp_path / "x.new").mkdir()
    (tmp_path / "x.new/half").touch()
    folder = state.installed(tmp_path / "x", "proof", fill)
    assert [path.name for path in folder.iterdir()] == ["proof"]


def test_processes_at_once_install_once(tmp_path):
    code = """
import os, sys, time
from pathlib import Path
from harness.toolchain.state import installed
def install(new):
    with open(sys.argv[1] + "/count", "a") as count:
        count.write("1")
    time.sleep(0.3)
    (new / "proof").touch()
print("ready", flush=True)
sys.stdin.read(1)
installed(Path(sys.argv[1], "x"), "proof", install)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert (tmp_path / "count").read_text() == "1"


def test_the_lock_of_a_killed_process_is_lifted(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from harness.toolchain.state import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE
    )
    with process:
        process.stdout.readline()
        process.kill()
    started = time.monotonic()
    with state.locked(tmp_path / "lock"):
        assert time.monotonic() - started < 5


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "stamp"
    state.replace(path, b"one")

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        state.replace(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]
