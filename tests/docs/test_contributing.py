"""The walk-throughs of CONTRIBUTING.md, walked."""

import pytest
from walk import blocks


@pytest.mark.parametrize("page", ["CONTRIBUTING.md"], indirect=True)
def test_the_walk_throughs_work_as_they_stand(page, clone):
    steps = blocks(page)
    assert [step.file for step in steps if step.file] == [
        "samples/scenarios/translate.yaml",
        "samples/recordings/translate.yaml",
        "samples/python-http/client.yaml",
        "samples/python-http/sample.py.j2",
    ]
    for step in steps:
        clone.do(step)


@pytest.mark.parametrize("page", ["CONTRIBUTING.md"], indirect=True)
def test_every_package_is_in_the_layout(page, root):
    packages = {path.parent.name for path in (root / "harness").glob("*/__init__.py")}
    table = page.partition("What works on it")[2].partition("Imports point")[0]
    assert [name for name in packages if f"`{name}`" not in table] == []
