"""A project that is kept: read once, and again whenever that might give something else."""

import os
import shutil

import msgspec
import pytest

from harness.model import kept
from harness.model.problem import HarnessError, InvalidError
from harness.model.project import open_project


@pytest.fixture
def place(root, tmp_path):
    """A copy of the project, with a state folder."""
    shutil.copytree(
        root / "samples", tmp_path / "samples", ignore=shutil.ignore_patterns("node_modules")
    )
    (tmp_path / "state").mkdir()
    return tmp_path


@pytest.fixture
def readings(project, monkeypatch):
    """How often the files were read."""
    found = []

    def read(root, *, tolerant=False):
        found.append(root)
        return project

    monkeypatch.setattr(kept, "open_project", read)
    monkeypatch.setattr(kept, "SETTLED_S", -1)
    return found


def opened(place):
    found = kept.open_kept(place, place / "state")
    assert found.marks
    return msgspec.structs.replace(found, marks={})


def kept_file(place):
    return place / "state" / "cache" / "project.msgpack"


def test_what_was_kept_is_what_was_read(place, readings, project):
    assert opened(place) == project
    assert opened(place) == project
    assert len(readings) == 1


def test_whole_numbers_stay_whole(place, readings):
    opened(place)
    temperature = opened(place).scenarios["basic"].parameters["temperature"]
    assert (type(temperature), len(readings)) == (int, 1)


@pytest.mark.parametrize(
    "file",
    [
        "catalog.yaml",
        "operations/chat.yaml",
        "scenarios/basic.yaml",
        "recordings/basic.yaml",
        "python/client.yaml",
        "python/sample.py.j2",
        "python/reserved.txt",
    ],
)
def test_a_changed_file_is_noticed_though_its_size_and_time_stay(place, readings, file):
    opened(place)
    changed = place / "samples" / file
    before = changed.stat()
    changed.write_bytes(changed.read_bytes()[::-1])
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    opened(place)
    assert len(readings) == 2


def test_a_new_and_a_lost_file_are_noticed(place, readings):
    opened(place)
    (place / "samples/scenarios/new.yaml").touch()
    opened(place)
    (place / "samples/scenarios/new.yaml").unlink()
    opened(place)
    assert len(readings) == 3


def test_another_version_of_the_harness_reads_anew(place, readings, monkeypatch):
    opened(place)
    monkeypatch.setattr(kept, "__version__", "0.0.0")
    opened(place)
    assert len(readings) == 2


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\x82\xa4seal", b"not what was written"])
def test_a_damaged_file_is_ignored_and_mended(place, readings, project, damage):
    opened(place)
    kept_file(place).write_bytes(damage)
    assert opened(place) == project
    assert opened(place) == project
    assert len(readings) == 2


def test_what_changed_a_moment_ago_is_not_kept(place, readings, monkeypatch):
    monkeypatch.setattr(kept, "SETTLED_S", 60)
    opened(place)
    opened(place)
    assert len(readings) == 2
    assert not kept_file(place).exists()


def test_nothing_is_written_where_there_is_no_state_folder(place, readings):
    (place / "state").rmdir()
    opened(place)
    opened(place)
    assert len(readings) == 2
    assert not (place / "state").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_state_folder_that_cannot_be_written_does_no_harm(place, readings, project):
    (place / "state").chmod(0o500)
    assert opened(place) == project


def test_a_project_with_problems_is_never_kept(place, monkeypatch):
    monkeypatch.setattr(kept, "SETTLED_S", -1)
    (place / "samples/scenarios/basic.yaml").write_text("operation: nothing\n")
    for _ in range(2):
        with pytest.raises(InvalidError):
            opened(place)
    assert not kept_file(place).exists()


def test_this_projects_every_value_survives(place, monkeypatch):
    monkeypatch.setattr(kept, "SETTLED_S", -1)
    opened(place)
    monkeypatch.delattr(kept, "open_project")
    assert opened(place) == open_project(place)


@pytest.mark.parametrize("way", ["other bytes", "other bytes, and the first again", "gone"])
@pytest.mark.parametrize("file", ["scenarios/basic.yaml", "python/client.yaml"])
def test_a_file_that_is_no_longer_what_was_read_is_noticed(place, file, way):
    found = kept.open_kept(place, place / "state")
    path = place / "samples" / file
    names = [f"samples/{file}", "samples/operations/chat.yaml", "samples/not/there.yaml"]
    kept.check_unchanged(found, place, names)
    was = path.read_bytes()
    path.unlink()
    if way != "gone":
        path.write_bytes(b"other")
    if way == "other bytes, and the first again":
        path.write_bytes(was)
    with pytest.raises(HarnessError, match=f"samples/{file} has changed since it was read"):
        kept.check_unchanged(found, place, names)
    kept.check_unchanged(found, place, names[1:])


def test_what_a_link_leads_out_to_is_not_looked_into(place, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "x").touch()
    (place / "within").mkdir()
    (place / "within/x").touch()
    (place / "samples/out").symlink_to(elsewhere)
    (place / "samples/in").symlink_to(place / "within")
    found = [path for path, *_ in kept._marks(str(place / "samples"), depth=1)]
    assert str(place / "samples/in/x") in found
    assert str(place / "samples/out/x") not in found


def test_a_folder_of_more_names_than_a_project_has_is_not_read_to_its_end(place, monkeypatch):
    monkeypatch.setattr(kept, "MOST_NAMES", 2)
    found = [*kept._marks(str(place / "samples"), depth=0)]
    assert len(found) <= 2
