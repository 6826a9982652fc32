"""The longest sample starts first, as far as is known."""

import pytest

from harness.runner.durations import WINDOW, Durations


@pytest.fixture
def cells(project):
    return list(project.cells())


def names(cells):
    return [cell.id for cell in cells]


def note(state, found):
    durations = Durations(state)
    for cell, ms in found:
        durations.took(cell, ms)
    durations.save()


def in_turn(state, cells):
    return list(Durations(state).in_turn(cells))


def test_without_notes_the_order_stays(tmp_path, cells):
    assert in_turn(tmp_path, cells) == cells


def test_the_longest_comes_first_and_the_unknown_before_it(tmp_path, cells):
    first, *others = cells
    note(tmp_path, [(cell, float(n)) for n, cell in enumerate(others)])
    assert names(in_turn(tmp_path, cells)) == names([first, *reversed(others)])


def test_what_did_not_run_keeps_its_note(tmp_path, cells):
    first, second, *_ = cells
    note(tmp_path, [(first, 9.0), (second, 5.0)])
    note(tmp_path, [(first, 1.0)])
    assert names(in_turn(tmp_path, cells[:2])) == names([second, first])
    assert Durations(tmp_path).of(second) == 5.0


def test_of_thousands_none_is_moved_far(tmp_path, project):
    """Or groups would be complete only at the end, and all their outcomes held until then."""
    models = [f"model-{n}" for n in range(100)]
    cells = list(project.cells(models))
    assert len(cells) > 10 * WINDOW
    note(tmp_path, [(cell, 9.0 if cell.client.name == "python" else 1.0) for cell in cells])
    place = {cell.id: n for n, cell in enumerate(cells)}
    ordered = in_turn(tmp_path, cells)
    assert sorted(names(ordered)) == sorted(names(cells))
    assert max(abs(place[cell.id] - n) for n, cell in enumerate(ordered)) < WINDOW
    assert {cell.client.name for cell in ordered[:10]} == {"python"}


@pytest.mark.parametrize("damage", [b"", b"\x00\x01", b"\x81\xa1a\xa1b"])
def test_damaged_notes_are_ignored(tmp_path, cells, damage):
    notes = tmp_path / "cache" / "durations.msgpack"
    notes.parent.mkdir()
    notes.write_bytes(damage)
    assert in_turn(tmp_path, cells) == cells


def test_notes_that_cannot_be_written_do_no_harm(tmp_path, cells):
    (tmp_path / "cache").touch()
    note(tmp_path, [(cells[0], 1.0)])
    assert in_turn(tmp_path, cells) == cells
