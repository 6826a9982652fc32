"""A sample that cannot be read is told with its true cause, and with what mends just that."""

import pytest
from workshop import MINIATURES, call, copy_project


@pytest.fixture
def project(tmp_path):
    return copy_project(MINIATURES, tmp_path / "project")


def test_a_folder_in_a_samples_place_is_not_said_to_be_rendered_away(project, tmp_path):
    path = project / "samples/plain/question.py"
    path.unlink(missing_ok=True)
    path.mkdir()
    code, out, _ = call("run", "plain/question", "--report", tmp_path / "out", project=project)
    assert code == 2
    assert "samples/plain/question.py: this sample cannot be read: " in out
    assert "put a file there, for all to read" in out
    assert "render it with" not in out


def test_a_sample_that_is_not_there_is_rendered(project, tmp_path):
    (project / "samples/plain/question.py").unlink(missing_ok=True)
    code, out, _ = call("run", "plain/question", "--report", tmp_path / "out", project=project)
    assert code == 2
    assert "render it with: " in out
