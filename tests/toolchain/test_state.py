import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.model.problem import HarnessError
from harness.toolchain import manifest, state


def fill(folder: Path) -> None:
    (folder / "proof").write_text("whole")


def test_a_clone_is_its_own_workspace(tmp_path):
    assert state.workspace(tmp_path) == tmp_path


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    package = tmp_path / "package"
    (package / "samples/python/__pycache__").mkdir(parents=True)
    (package / "samples/catalog.yaml").write_text("models: {}")
    (package / "samples/python/__pycache__/x.pyc").touch()
    monkeypatch.setattr(state, "BUNDLED", package)
    monkeypatch.setenv("SAMPLEPROOF_CACHE_DIR", str(tmp_path / "cache"))
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
    with pytest.raises(HarnessError, match=r"cache is no folder") as caught:
        state.workspace(bundled)
    assert caught.value.remedy == f"look what it is, then run: rm {tmp_path / 'cache'}"


@pytest.fixture
def said():
    return []


@pytest.fixture
def install(tmp_path, said):
    """Installs a folder, and notes what the user is told."""
    return lambda fill: state.installed(tmp_path / "x", fill, said.append)


def test_a_whole_folder_is_not_made_again(install, said):
    install(fill)
    install(lambda _: pytest.fail("made again"))
    assert said == []


def lost(folder):
    (folder / "proof").unlink()


def emptied(folder):
    shutil.rmtree(folder)
    folder.mkdir()


def truncated(folder):
    os.truncate(folder / "proof", 2)


def edited(folder):
    (folder / "proof").write_text("WHOLE")


def added(folder):
    (folder / "proof.py").touch()


def unlisted(folder):
    (folder / ".installed.msgpack").write_bytes(b"?")


def made_executable(folder):
    (folder / "proof").chmod(0o755)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lost, "proof is missing"),
        (emptied, "its list of files is missing"),
        (unlisted, "its list of files is missing"),
        (truncated, "proof is not as it was installed"),
        (edited, "proof is not as it was installed"),
        (made_executable, "proof is not as it was installed"),
        (added, "proof.py does not belong there"),
    ],
)
def test_a_damaged_folder_is_made_anew_and_the_user_told_why(install, said, damage, why):
    folder = install(fill)
    damage(folder)
    install(fill)
    assert said == [f"{folder} is damaged ({why}); installing it anew …"]
    assert (folder / "proof").read_text() == "whole"
    assert sorted(path.name for path in folder.iterdir()) == [".installed.msgpack", "proof"]


def test_what_python_compiles_for_itself_is_no_damage(install, said):
    folder = install(fill)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/proof.cpython-311.pyc").touch()
    install(lambda _: pytest.fail("made again"))
    assert said == []


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_text_is_noted_too(install, said):
    odd = os.fsdecode(b"\xff")

    def fill(new):
        (new / "proof").write_text("whole")
        (new / odd).touch()

    folder = install(fill)
    install(lambda _: pytest.fail("made again"))
    (folder / odd).unlink()
    install(fill)
    assert said == [f"{folder} is damaged (\\xff is missing); installing it anew …"]


def test_a_link_whose_target_vanished_is_damage(install, tmp_path):
    (tmp_path / "target").touch()
    folder = install(lambda new: (new / "proof").symlink_to(tmp_path / "target"))
    (tmp_path / "target").unlink()
    install(fill)
    assert (folder / "proof").read_text() == "whole"


def test_only_the_part_that_matters_is_looked_at(tmp_path, said):
    def fill(new):
        (new / "used").mkdir()
        (new / "used/proof").touch()
        (new / "left").touch()

    folder = state.installed(tmp_path / "x", fill, said.append, "used")
    (folder / "left").unlink()
    state.installed(folder, lambda _: pytest.fail("made again"), said.append, "used")
    assert said == []
    (folder / "used/proof").unlink()
    state.installed(folder, fill, said.append, "used")
    assert (folder / "left").exists()


def test_every_change_of_a_file_gives_another_digest(tmp_path):
    fill(tmp_path)
    manifest.note(tmp_path)
    before = manifest.condition(str(tmp_path))
    times = (tmp_path / "proof").stat()
    (tmp_path / "proof").write_text("WHOLE")
    os.utime(tmp_path / "proof", ns=(times.st_atime_ns, times.st_mtime_ns))
    after = manifest.condition(str(tmp_path))
    assert before.digest == before.digest != after.digest


def test_a_failed_installation_leaves_nothing(tmp_path):
    def fail(new: Path) -> None:
        fill(new)
        raise HarnessError("no network")

    with pytest.raises(HarnessError, match="no network"):
        state.installed(tmp_path / "x", fail, print)
    assert [path.name for path in tmp_path.iterdir()] == ["x.lock"]


def test_what_an_ended_process_left_is_cleared_away(tmp_path):
    (tmp_path / "x.new").mkdir()
    (tmp_path / "x.new/half").touch()
    folder = state.installed(tmp_path / "x", fill, print)
    assert sorted(path.name for path in folder.iterdir()) == [".installed.msgpack", "proof"]


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
installed(Path(sys.argv[1], "x"), install, print)
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
