import shutil

import pytest
from serving import served


@pytest.fixture(scope="module")
def echo():
    """The echo, in a process of its own."""
    with served("--responder", "echo") as serving:
        yield serving


@pytest.fixture
def broken(root, tmp_path):
    """This clone, with a sample that asks the wrong thing."""
    project = tmp_path / "project"
    shutil.copytree(root / "samples", project / "samples", symlinks=True)
    (project / ".harness").symlink_to(root / ".harness")
    sample = project / "samples/curl/basic.sh"
    text = sample.read_text("utf-8")
    assert text.count("capital of France") == 1
    sample.write_text(text.replace("capital of France", "capital of Spain"), "utf-8")
    return project
