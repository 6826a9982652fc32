"""The guides that walk through something, walked; and the layout that CONTRIBUTING.md shows."""

import pytest
from walk import blocks

GUIDES = ["docs/guides/add-a-scenario.md", "docs/guides/add-a-client.md"]


def test_the_walk_throughs_work_as_they_stand(root, project, clone):
    # One after the other: the second guide shows what the first has left.
    steps = [step for guide in GUIDES for step in blocks((root / guide).read_text("utf-8"))]
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
    clone.take_quickstarts(root, project)
    for step in steps:
        clone.do(step)


@pytest.mark.parametrize("page", ["CONTRIBUTING.md"], indirect=True)
def test_every_package_is_in_the_layout(page, root):
    packages = {path.parent.name for path in (root / "harness").glob("*/__init__.py")}
    table = page.partition("What works on it")[2].partition("Imports point")[0]
    assert [name for name in packages if f"`{name}`" not in table] == []
