"""The guides that walk through something, walked; and the layout that CONTRIBUTING.md shows."""

import re

import pytest
from walk import Clone, blocks

LEAST = 150
GUIDES = ["docs/guides/add-a-scenario.md", "docs/guides/add-a-client.md"]


@pytest.fixture(scope="module")
def steps(root):
    """One guide after the other: the second shows what the first has left."""
    return [step for guide in GUIDES for step in blocks((root / guide).read_text("utf-8"))]


@pytest.fixture(scope="module")
def grown(root, copy_first_samples, project, tmp_path_factory, steps):
    """A clone in which somebody has done what the guides say."""
    clone = Clone(root, copy_first_samples, project, tmp_path_factory.mktemp("grown"))
    clone.take_the_rest(root, project)
    for step in steps:
        clone.do(step)
    return clone


def test_the_walk_throughs_work_as_they_stand(steps, grown):
    assert [step.file for step in steps if step.file] == [
        "samples/scenarios/translate.yaml",
        "samples/recordings/translate.yaml",
        "docs/messages/en.yaml",
        "docs/messages/fr.yaml",
        "samples/python-http/client.yaml",
        "samples/python-http/sample.py.j2",
        "docs/messages/en.yaml",
        "docs/messages/fr.yaml",
    ]


def test_the_tests_pass_on_a_project_that_has_grown(grown):
    code, printed = grown.test()
    assert code == 0, printed
    passed = re.search(r"(\d+) passed", printed)
    assert int(passed[1]) > LEAST, "the tests that read the project were left out"


@pytest.mark.parametrize("page", ["CONTRIBUTING.md"], indirect=True)
def test_every_package_is_in_the_layout(page, root):
    packages = {path.parent.name for path in (root / "harness").glob("*/__init__.py")}
    table = page.partition("What works on it")[2].partition("Imports point")[0]
    assert [name for name in packages if f"`{name}`" not in table] == []
