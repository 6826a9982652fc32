"""What has passed is answered as it was, for as long as that is known to hold."""

import time

import msgspec
import pytest
from remembering import cell_of, changed, passed

from harness.memory import memory as module
from harness.memory.memory import Memory, may_answer
from harness.model.finding import Finding
from harness.outcome import Fault


@pytest.fixture
def call(place, project, toolchains):
    """Opens the memory as another call would."""

    def call(**changes):
        given = {"isolation": "fork", "limit_s": 60.0} | changes
        return Memory(place, place / "state", project, toolchains, **given)

    return call


@pytest.fixture
def settled(call):
    """A machine of which it is known that it seals runs."""
    call().settle("")
    return call


@pytest.fixture
def cell(project):
    return cell_of(project)


def remember(memory, outcome):
    assert memory.recall(outcome.cell) is None
    memory.keep(outcome)
    memory.close()


def test_a_pass_comes_back_as_it_was(settled, cell):
    note = Finding(check="x", severity="note", message="m", expected={"a": [1, 1.5]}, received=None)
    outcome = passed(cell, findings=(note,), not_evaluated=("y",))
    remember(settled(), outcome)
    assert settled().recall(cell) == msgspec.structs.replace(outcome, cached=True)


def test_only_a_pass_comes_back(settled, cell):
    for verdict in ("fail", "error", "skipped", "deviates"):
        remember(settled(), passed(cell, verdict=verdict, fault=Fault(message="m")))
    assert settled().recall(cell) is None


def test_a_failure_makes_an_earlier_pass_forgotten_and_an_error_does_not(settled, cell):
    remember(settled(), passed(cell))
    for verdict, remembered in (("error", True), ("fail", False)):
        remember(settled(answers=False), passed(cell, verdict=verdict))
        assert (settled().recall(cell) is not None) is remembered


def test_without_answers_everything_runs_and_is_remembered(settled, cell):
    remember(settled(answers=False), passed(cell))
    remember(settled(answers=False), passed(cell))
    assert settled().recall(cell) is not None


def test_what_would_not_come_back_as_it_was_is_not_kept(settled, cell):
    for odd in ((1, 2), 2**70, "\ud800"):
        finding = Finding(check="x", severity="note", message="m", received=odd)
        remember(settled(), passed(cell, findings=(finding,)))
        assert settled().recall(cell) is None


def test_a_sample_that_changed_while_it_ran_is_not_kept(settled, cell, place):
    memory = settled()
    assert memory.recall(cell) is None
    sample = place / cell.path
    sample.write_bytes(sample.read_bytes() + b"\n")
    memory.keep(passed(cell))
    assert settled().recall(cell) is None


def test_a_sample_that_held_something_else_while_it_ran_is_not_kept(settled, cell):
    memory = settled()
    assert memory.recall(cell) is None
    memory.keep(passed(cell, sha256="0" * 64))
    assert settled().recall(cell) is None


def test_what_was_not_asked_for_first_is_not_kept(settled, cell):
    settled().keep(passed(cell))
    assert settled().recall(cell) is None


def test_nothing_is_answered_while_nobody_knows_whether_runs_are_sealed(call, cell):
    remember(call(unsealed="not asked for"), passed(cell))
    memory = call()
    assert memory.unsealed is None
    assert memory.recall(cell) is None
    memory.keep(passed(cell))
    memory.settle("")
    assert memory.recall(cell) is None, "it had run unsealed"
    memory.keep(passed(cell))
    assert call().recall(cell) is not None


def test_nothing_is_known_of_what_ran_unsealed(settled, call, cell):
    """It could have read every file there is."""
    remember(settled(), passed(cell))
    unsealed = call(unsealed="not asked for")
    assert unsealed.recall(cell) is None
    unsealed.keep(passed(cell))
    settled().store.clear()
    remember(call(unsealed="not asked for"), passed(cell))
    assert call(unsealed="not asked for").recall(cell) is None
    assert settled().store.size().entries == 0


def opening(cell, *paths):
    """A pass of a cell that has opened files."""
    observation = msgspec.structs.replace(passed(cell).observation, opened=tuple(map(str, paths)))
    return passed(cell, observation=observation)


def test_another_sample_counts_only_if_it_was_opened(settled, cell, place):
    other = (place / cell.path).with_name("streaming.py")
    time.sleep(0.05)
    remember(settled(), opening(cell, place / cell.path))
    other.write_bytes(other.read_bytes() + b"\n")
    assert settled().recall(cell) is not None
    settled().store.clear()
    time.sleep(0.05)
    remember(settled(), opening(cell, other))
    assert settled().recall(cell) is not None
    other.write_bytes(other.read_bytes() + b"\n")
    assert settled().recall(cell) is None
    settled().store.clear()
    time.sleep(0.05)
    remember(settled(), opening(cell, other))
    other.unlink()
    assert settled().recall(cell) is None


def test_what_changed_while_it_was_open_is_not_kept(settled, cell, place):
    other = (place / cell.path).with_name("streaming.py")
    memory = settled()
    assert memory.recall(cell) is None
    other.write_bytes(other.read_bytes() + b"\n")
    memory.keep(opening(cell, other))
    assert settled().recall(cell) is None


def test_a_run_of_which_nobody_knows_what_it_opened_is_not_kept(settled, cell):
    observation = msgspec.structs.replace(passed(cell).observation, opened=None)
    remember(settled(), passed(cell, observation=observation))
    assert settled().recall(cell) is None


def test_another_machine_must_find_out_for_itself(settled, cell, monkeypatch):
    remember(settled(), passed(cell))
    monkeypatch.setattr(module, "machine", lambda: b"another")
    assert settled().unsealed is None
    assert settled().recall(cell) is None


def test_all_must_be_remembered_to_need_no_stage(settled, project, cell):
    other = cell_of(project, "curl/basic")
    remember(settled(), passed(cell))
    assert settled().holds([cell])
    assert not settled().holds([cell, other])


@pytest.mark.parametrize("damage", [b"", b"\xc1", b"\x81\xa6sha256\x01"])
def test_a_whole_entry_of_another_shape_is_none(settled, cell, damage):
    remember(settled(), passed(cell))
    memory = settled()
    (path,) = memory.store.folder.iterdir()
    memory.store.write(path.name, damage)
    remember(memory, passed(cell))
    assert settled().recall(cell) is not None


@pytest.mark.parametrize(
    ("value", "answers"),
    [(None, True), ("", True), ("false", True), ("0", True), ("true", False), ("1", False)],
)
def test_in_ci_everything_runs(value, answers):
    assert may_answer({} if value is None else {"CI": value}) is answers


def test_a_changed_cell_is_another(settled, cell):
    remember(settled(), passed(cell))
    assert settled().recall(changed(cell, "scenario.stream", True)) is None
    assert settled(limit_s=1.0).recall(cell) is None
    assert settled(isolation="process").recall(cell) is None
