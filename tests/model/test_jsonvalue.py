"""JSON is read strictly, compared by type, and addressed by path."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import jsonvalue
from harness.model.jsonvalue import MISSING, Difference

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def found(expected, received):
    return [(d.path, d.expected, d.received) for d in jsonvalue.differences(expected, received)]


@given(VALUES)
def test_a_value_equals_itself_whatever_its_order_and_spelling(value):
    shuffled = json.loads(json.dumps(value), object_pairs_hook=lambda p: dict(reversed(p)))
    assert found(value, shuffled) == []


@given(VALUES, VALUES)
def test_differences_are_none_only_for_equal_values(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert not (same and found(one, other))
    if not found(one, other):
        assert one == other


@pytest.mark.parametrize(
    ("expected", "received", "differences"),
    [
        (1, 1.0, []),
        (1, True, [("$", 1, True)]),
        (0, False, [("$", 0, False)]),
        ("1", 1, [("$", "1", 1)]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, [("$.a[1].b", 2, 3)]),
        ([1, 2], [2, 1], [("$[0]", 1, 2), ("$[1]", 2, 1)]),
        ({"a": 1}, {}, [("$.a", 1, MISSING)]),
        ({}, {"odd name": None}, [('$["odd name"]', MISSING, None)]),
        ({"a": None}, {}, [("$.a", None, MISSING)]),
    ],
)
def test_differences_are_named_by_path(expected, received, differences):
    assert found(expected, received) == differences


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a":1,"a":2}', '"a" is given twice'),
        ("[NaN]", "NaN"),
        ("[1,]", "line 1"),
        (b"\xff", "utf-8"),
        ("", "line 1"),
        ("[" * 9999, "deep"),
    ],
)
def test_what_readers_disagree_about_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        jsonvalue.parse(text)


@given(VALUES)
def test_every_difference_can_be_found_again_by_its_path(value):
    for difference in jsonvalue.differences({"x": value}, {"x": {"y": value}}):
        assert isinstance(difference, Difference)
        at = jsonvalue.at({"x": {"y": value}}, difference.path)
        assert at is MISSING or json.dumps(at) == json.dumps(difference.received)


@pytest.mark.parametrize("path", ["a", "$.", "$[x]", "$..a", "$a"])
def test_a_path_of_another_form_is_refused(path):
    with pytest.raises(ValueError, match="path"):
        jsonvalue.steps(path)
