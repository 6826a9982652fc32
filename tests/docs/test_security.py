"""Every promise of SECURITY.md is held by tests, and they are there."""

import ast
import re

import pytest


@pytest.fixture(scope="module")
def promises(root):
    """By promise: the tests that hold it."""
    text = (root / "SECURITY.md").read_text("utf-8")
    rows = re.findall(r"^\| (?!promise|---)(.+?) \| (.+) \|$", text, re.MULTILINE)
    return {promise: re.findall(r"`([^`]+)`", tests) for promise, tests in rows}


def functions(path):
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if hasattr(node, "name")}


def test_every_promise_is_held_by_tests_that_are_there(promises, root):
    assert len(promises) > 30
    missing = []
    for promise, tests in promises.items():
        assert tests, promise
        file = ""
        for name in tests:
            path, _, function = name.partition("::")
            file = path or file
            found = functions(root / file) if (root / file).is_file() else set()
            if not found or (function and function not in found):
                missing.append(f"{file}::{function}")
    assert missing == []


def test_a_promise_without_its_test_would_be_seen(root):
    assert "test_every_promise_is_held_by_tests_that_are_there" in functions(root / __file__)
    assert "test_that_is_not_there" not in functions(root / __file__)
