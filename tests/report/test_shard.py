"""A split gives everything to somebody, nothing to two, and whole groups to each."""

import msgspec
import pytest
import reported
from hypothesis import given
from hypothesis import strategies as st

from harness.gathering import groups
from harness.model.kept import open_kept
from harness.model.problem import InvalidError
from harness.model.project import open_project
from harness.report.ndjson import durations_in
from harness.report.shard import fingerprint, shard_of, split

WEIGHTS = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=50)


@given(WEIGHTS, st.integers(min_value=1, max_value=12))
def test_each_thing_is_in_one_shard(weights, number):
    shards = split(weights, number)
    assert len(shards) == number
    assert sorted(place for shard in shards for place in shard) == list(range(len(weights)))
    assert all(shard == sorted(shard) for shard in shards)


@given(WEIGHTS, st.integers(min_value=1, max_value=12))
def test_no_shard_is_longer_than_the_shortest_by_more_than_one_thing(weights, number):
    loads = [sum(weights[place] for place in shard) for shard in split(weights, number)]
    assert max(loads) - min(loads) <= max(weights) * 1.000001


@pytest.fixture
def cells(project):
    return list(project.cells(project.catalog.models))


@pytest.mark.parametrize("number", [1, 2, 3, 5, 18])
def test_shards_are_the_whole_and_groups_stay_together(cells, number):
    found, places = [], []
    for index in range(1, number + 1):
        shard, mine = shard_of(cells, index, number, "0" * 64, {})
        assert (shard.whole.cells, shard.whole.groups) == (54, 18)
        assert len(shard.groups) == len(list(groups(mine))) == len(mine) / 3
        places += shard.groups
        found += mine
    assert sorted(places) == list(range(18))
    assert sorted(cell.id for cell in found) == sorted(cell.id for cell in cells)


def test_durations_make_shards_equally_long(cells):
    """One scenario takes nine times as long as another: then it is not a matter of number."""
    durations = {cell.id: 900.0 if cell.scenario.name == "streaming" else 100.0 for cell in cells}
    even = [
        sum(durations[cell.id] for cell in shard_of(cells, index, 4, "", durations)[1])
        for index in range(1, 5)
    ]
    assert max(even) / min(even) < 1.5


def test_what_never_ran_counts_as_the_mean(cells):
    some = {cell.id: 100.0 for cell in cells[:9]}
    assert shard_of(cells, 1, 3, "", some) == shard_of(cells, 1, 3, "", {})


def test_more_shards_than_groups_are_refused(project):
    with pytest.raises(InvalidError, match="only 3 groups of samples to share out") as error:
        shard_of(list(project.cells()), 1, 4, "", {})
    assert "use at most 3 shards" in str(error.value)


def test_the_whole_is_told_from_any_other(root, project, cells):
    whole = fingerprint(project, root, cells, ["fork"])
    assert fingerprint(project, root, cells, ["fork"]) == whole
    others = [
        fingerprint(project, root, cells[:-1], ["fork"]),
        fingerprint(project, root, cells, ["process"]),
        fingerprint(msgspec.structs.replace(project, damaged={"x": ()}), root, cells, ["fork"]),
        fingerprint(project, root / "elsewhere", cells, ["fork"]),
    ]
    assert len({whole, *others}) == 5


def test_durations_are_read_from_a_report(tmp_path):
    cells = reported.cell("a/b", run={"duration_ms": 5.0}), reported.cell("a/c")
    reported.write(tmp_path, reported.whole(*cells))
    assert durations_in(tmp_path) == durations_in(tmp_path / "report.ndjson") == {"a/b": 5.0}


def test_shards_of_two_working_copies_are_of_one_run(copy_first_samples, tmp_path):
    prints = set()
    for name in ("here", "there"):
        copy = copy_first_samples(tmp_path / name)
        project = open_kept(copy, copy / "state")
        assert project.marks  # which differ from copy to copy
        prints.add(fingerprint(project, copy, list(project.cells()), ["fork"]))
    assert len(prints) == 1


def test_a_sample_that_cannot_be_read_makes_another_run_and_no_failure(
    copy_first_samples, tmp_path
):
    root = copy_first_samples(tmp_path / "p")
    project = open_project(root)
    cells = list(project.cells())
    whole = fingerprint(project, root, cells, [])
    path = root / cells[0].path
    path.unlink()
    path.symlink_to(path)
    assert fingerprint(project, root, cells, []) != whole
