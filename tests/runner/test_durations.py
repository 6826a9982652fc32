"""The longest sample starts first, as far as is known."""

import pytest

from harness.runner.durations import Durations


@pytest.fixture
def cells(project):
    return list(project.cells())


def names(cells):
    return [cell.id for cell in cells]


def test_without_notes_the_order_stays(tmp_path, cells):
    assert Durations(tmp_path).longest_first(cells) == cells


def test_the_longest_comes_first_and_the_unknown_before_it(tmp_path, cells):
    first, *others = names(cells)
    Durations(tmp_path).note({name: float(n) for n, name in enumerate(others)})
    ordered = Durations(tmp_path).longest_first(cells)
    assert names(ordered) == [first, *reversed(others)]


def test_what_did_not_run_keeps_its_note(tmp_path, cells):
    first, second, *_ = names(cells)
    Durations(tmp_path).note({first: 9.0, second: 5.0})
    Durations(tmp_path).note({first: 1.0})
    assert names(Durations(tmp_path).longest_first(cells[:2])) == [second, first]


@pytest.mark.parametrize("damage", [b"", b"\x00\x01", b"\x81\xa1a\xa1b"])
def test_damaged_notes_are_ignored(tmp_path, cells, damage):
    notes = tmp_path / "cache" / "durations.msgpack"
    notes.parent.mkdir()
    notes.write_bytes(damage)
    assert Durations(tmp_path).longest_first(cells) == cells


def test_notes_that_cannot_be_written_do_no_harm(tmp_path, cells):
    (tmp_path / "cache").touch()
    Durations(tmp_path).note({cells[0].id: 1.0})
    assert Durations(tmp_path).longest_first(cells) == cells
