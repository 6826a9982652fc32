"""A plugin that leaves the tests that can notice how a project has grown, without the slow ones."""

from pathlib import Path

WHOLE = "root"
"""By this fixture, tests come to the project's own files."""

FIRST = {"copy_first_samples", "first_samples"}
"""By these, they come to no file that was added."""

SLOW = {"gateway", "live", "memory", "nightly", "runner", "suite", "toolchain"}
"""Folders whose tests run samples or many processes, and take minutes."""

OTHERS = {"test_actionlint.py", "test_contributing.py"}
"""They read nothing that grows, or are what runs this."""


def pytest_collection_modifyitems(config, items):
    """Deselect the others."""
    tests = config.rootpath / "tests"
    chosen = [
        item
        for item in items
        if WHOLE in item.fixturenames
        and FIRST.isdisjoint(item.fixturenames)
        and SLOW.isdisjoint(Path(item.path).relative_to(tests).parts)
        and item.path.name not in OTHERS
        and not getattr(item.obj, "is_hypothesis_test", False)
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen
