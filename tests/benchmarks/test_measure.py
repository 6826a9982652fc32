"""What the benchmarks make of their numbers. How long anything takes is never asserted."""

import sys

import pytest


@pytest.fixture
def measure(root, monkeypatch):
    monkeypatch.syspath_prepend(root / "benchmarks")
    import measure

    yield measure
    sys.modules.pop("measure")


def test_a_ratio_is_of_the_medians_with_its_rounds_and_the_floors_noise(measure):
    pairs = [(2.0, 1.0), (3.0, 1.0), (40.0, 10.0), (3.0, 2.0), (3.0, 1.0)]
    one = measure.ratio("it", "the floor", "time", pairs)
    assert (one.value, one.lowest, one.highest) == (3.0, 1.5, 4.0)
    assert one.noise == 1.0  # the middle half of 1 1 1 2 10 is 1 1 2


@pytest.mark.parametrize(
    ("value", "goal", "at_least", "reached"),
    [
        (1.1, 1.1, False, True),
        (1.2, 1.1, False, False),
        (2.0, 2.0, True, True),
        (1.9, 2.0, True, False),
        (9.0, None, False, True),
    ],
)
def test_a_goal_is_reached_from_one_side(measure, value, goal, at_least, reached):
    one = measure.Measure(what="it", unit="time", value=value, goal=goal, at_least=at_least)
    assert one.reached is reached
    assert ("!" in measure.texts(one)[-1]) is not reached


def test_things_are_measured_in_turn(measure):
    done, told = [], []
    found = measure.in_turn(
        2, told.append, "both", lambda: done.append("a") or 1, lambda: done.append("b") or 2
    )
    assert (found, done) == ([(1, 2), (1, 2)], ["a", "b", "a", "b"])
    assert told == ["both: round 1 of 2", "both: round 2 of 2"]
