import pytest
from serving import copied, served


@pytest.fixture(scope="module")
def echo():
    """The echo, in a process of its own."""
    with served("--responder", "echo") as serving:
        yield serving


@pytest.fixture
def broken(root, tmp_path):
    """A copy of this clone, with a sample that asks the wrong thing."""
    project = copied(root, tmp_path / "project")
    sample = project / "samples/curl/basic.sh"
    text = sample.read_text("utf-8")
    assert text.count("capital of France") == 1
    sample.write_text(text.replace("capital of France", "capital of Spain"), "utf-8")
    return project
