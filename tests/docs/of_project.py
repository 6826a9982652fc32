"""A plugin that leaves the tests that can notice how a project has grown, without the slow ones."""

from pathlib import Path

WHOLE = {"root", "whole_project"}
"""By these fixtures, tests come to the project's own files."""

FIRST = {"project", "copy_first_samples", "first_samples"}
"""By these, they come to nothing that was added."""

SLOW = {
    "benchmarks",
    "gateway",
    "hostile",
    "live",
    "memory",
    "nightly",
    "record",
    "runner",
    "suite",
    "toolchain",
}
"""Folders whose tests run samples or many processes, and take minutes."""

OTHERS = {"test_actionlint.py", "test_committed.py", "test_contributing.py"}
"""They read nothing that grows, or are what runs this."""


def pytest_collection_modifyitems(config, items):
    """Deselect the others."""
    tests = config.rootpath / "tests"
    chosen = [
        item
        for item in items
        if comes_to_all(item)
        and SLOW.isdisjoint(Path(item.path).relative_to(tests).parts)
        and item.path.name not in OTHERS
        and not getattr(item.obj, "is_hypothesis_test", False)
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def comes_to_all(item):
    """Whether a test reads the whole project, by itself or through its fixtures."""
    info = item._fixtureinfo
    due, seen = list(info.initialnames), set(FIRST)
    while due:
        name = due.pop()
        if name in WHOLE:
            return True
        if name not in seen:
            seen.add(name)
            due += [one for found in info.name2fixturedefs.get(name, ()) for one in found.argnames]
    return False
