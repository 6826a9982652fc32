"""An entry is whole or not there, whatever else happens to the folder."""

import os
import subprocess
import sys
import time

import pytest

from harness.memory.store import Size, Store
from harness.model.problem import HarnessError

KEY = "a" * 64


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


def test_what_was_written_is_read(store):
    assert store.read(KEY) is None
    store.write(KEY, b"\x00one")
    assert store.read(KEY) == b"\x00one"
    store.write(KEY, b"two")
    assert store.read(KEY) == b"two"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:-1] + b"X",
        lambda data: b"X" + data[1:],
        lambda data: b"{}",
        lambda data: data[:30] + bytes([data[30] ^ 1]) + data[31:],
    ],
)
def test_a_damaged_entry_is_none(store, damage):
    store.write(KEY, b"body")
    path = store.folder / KEY
    path.write_bytes(damage(path.read_bytes()))
    assert store.read(KEY) is None
    store.write(KEY, b"body")
    assert store.read(KEY) == b"body"


def test_an_entry_under_another_name_is_none(store):
    store.write(KEY, b"body")
    (store.folder / KEY).rename(store.folder / ("b" * 64))
    assert store.read("b" * 64) is None


def test_what_is_no_file_is_none(store):
    (store.folder / KEY).mkdir(parents=True)
    assert store.read(KEY) is None
    store.write(KEY, b"body")
    assert store.read(KEY) is None


def test_a_folder_that_cannot_be_made_does_no_harm(tmp_path):
    store = Store(tmp_path / "results")
    (tmp_path / "results").touch()
    store.write(KEY, b"body")
    store.trim()
    assert (store.read(KEY), store.size(), store.clear()) == (None, Size(0, 0), Size(0, 0))


def test_what_was_not_used_for_longest_goes_first(store):
    names = [str(n) * 64 for n in range(4)]
    for name in names:
        store.write(name, b"x" * 1000)
    each = store.size().bytes // 4
    for age, name in enumerate(names):
        then = time.time() - 100 + age
        os.utime(store.folder / name, (then, then))
    store.read(names[0])
    store.limit = 2 * each
    store.trim()
    assert [name for name in names if store.read(name)] == [names[0], names[3]]
    assert store.size() == Size(2, 2 * each)


def test_what_a_killed_process_left_is_swept_and_what_a_live_one_writes_is_not(store):
    store.write(KEY, b"body")
    old, new = store.folder / f".{KEY}.1", store.folder / f".{KEY}.2"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    store.trim()
    assert (old.exists(), new.exists()) == (False, True)
    assert store.size().entries == 1


def test_a_link_in_its_place_is_refused(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "theirs")
    with pytest.raises(HarnessError, match="results is a link"):
        Store(tmp_path / "results")


def test_nothing_is_removed_that_was_not_made_here(store, tmp_path):
    store.write(KEY, b"body")
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    (store.folder / ("b" * 64)).symlink_to(theirs)
    for name in ("notes.txt", ".hidden", "B" * 64, f".{KEY}.swp"):
        (store.folder / name).touch()
        os.utime(store.folder / name, (0, 0))
    before = {path.name for path in store.folder.iterdir()}
    store.limit = 0
    store.trim()
    store.clear()
    assert {path.name for path in store.folder.iterdir()} == before - {KEY}
    assert theirs.read_text() == "theirs"


def test_clearing_tells_how_much_it_was(store):
    store.write(KEY, b"body")
    size = store.size()
    assert size.entries == 1
    assert store.clear() == size
    assert store.size() == Size(0, 0)
    assert store.read(KEY) is None


def test_many_processes_write_read_and_trim_at_once(store, root):
    """Whatever is read was written by somebody, whole."""
    code = f"""
import random, sys
from pathlib import Path
from harness.memory.store import Store
store = Store(Path({str(store.folder)!r}), limit=60_000)
for turn in range(150):
    key = str(random.randrange(5)) * 64
    store.write(key, bytes([random.randrange(256)]) * random.choice((10, 20_000)))
    body = store.read(key)
    assert body is None or (len(body) in (10, 20_000) and len(set(body)) == 1)
    if turn % 10 == 0:
        store.trim()
"""
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": str(root)}
    writers = [subprocess.Popen(command, env=environment) for _ in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    store.limit = 60_000
    store.trim()
    assert store.size().bytes <= 60_000
    assert [path for path in store.folder.iterdir() if path.name.startswith(".")] == []
