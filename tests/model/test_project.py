"""A project is read whole, and its problems are told together."""

import os
import shutil

import pytest

from harness.model.problem import InvalidError
from harness.model.project import open_project


@pytest.fixture
def copy(tmp_path, root):
    keep_out = shutil.ignore_patterns("node_modules", "__pycache__")
    shutil.copytree(root / "samples", tmp_path / "samples", ignore=keep_out)
    return tmp_path


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(root):
    with pytest.raises(InvalidError) as refused:
        open_project(root)
    return [str(problem) for problem in refused.value.problems]


def test_problems_of_all_files_come_together(copy):
    edit(copy / "samples/catalog.yaml", "model: Phi-3-small-8k", "model: Phi-3-smal-8k")
    edit(copy / "samples/catalog.yaml", "successor: foundry", "successor: foundy")
    edit(copy / "samples/scenarios/basic.yaml", "role: system", "role: robot")
    edit(copy / "samples/python/client.yaml", "template: sample.py.j2", "template: gone.j2")
    edit(copy / "samples/curl/client.yaml", "'{sample}'", "'{sampel}'")
    edit(copy / "samples/curl/client.yaml", "[bom, crlf]", "[bom, crfl]")
    edit(copy / "samples/operations/chat.yaml", "preview)?'", "preview?'")
    told = problems(copy)
    for part in (
        "samples/catalog.yaml:3: samples.model: there is no model 'Phi-3-smal-8k-instruct'",
        "successor: there is no endpoint 'foundy'\n  did you mean foundry?",
        'cannot_read[1]: expected one of "bom", "crlf"; received "crfl"\n  did you mean crlf?',
        "template: the file gone.j2 cannot be read: No such file or directory",
        "samples/curl/client.yaml:",
        "samples/operations/chat.yaml:8: query.api-version: expected a regular expression",
    ):
        assert any(part in problem for problem in told), (part, told)
    assert not any("no such operation" in problem for problem in told)


def test_a_damaged_recording_concerns_its_own_scenario_alone(copy):
    edit(copy / "samples/recordings/basic.yaml", "Paris", "Rome!")
    project = open_project(copy)
    assert list(project.damaged) == ["basic"]
    (problem,) = project.damaged["basic"]
    assert "this recording is damaged" in problem.message
    assert "git checkout -- samples/recordings/basic.yaml\n" in problem.hint
    assert "write here what was received" in problem.hint


def test_a_recording_without_its_checksum_is_told_what_it_is(copy):
    path = copy / "samples/recordings/basic.yaml"
    before, _, checksum = path.read_text().rpartition("      sha256: ")
    path.write_text(before)
    (problem,) = open_project(copy).damaged["basic"]
    assert problem.field == "exchanges[0].response"
    assert problem.message == "the key 'sha256' is missing"
    assert problem.hint == f"for this body it is {checksum.strip()}"


def test_a_missing_recording_is_said_to_be_missing(copy):
    (copy / "samples/recordings/basic.yaml").unlink()
    (problem,) = open_project(copy).damaged["basic"]
    assert str(problem) == (
        "samples/recordings/basic.yaml: this file is missing\n"
        "  make it with: sampleproof record --endpoint NAME --scenario basic"
        " (see docs/guides/record.md)"
    )


def test_another_ending_is_named(copy):
    (copy / "samples/scenarios/basic.yaml").rename(copy / "samples/scenarios/basic.yml")
    assert "expected a file name that ends in .yaml" in problems(copy)[0]


def test_a_clients_file_with_another_ending_is_named(copy):
    (copy / "samples/curl/client.yaml").rename(copy / "samples/curl/client.yml")
    assert problems(copy) == ["samples/curl/client.yml: expected a file name that ends in .yaml"]


@pytest.mark.parametrize("name", ["curl", "scenarios", "operations", "recordings"])
def test_a_folder_that_cannot_be_looked_into_is_not_passed_over(copy, name):
    folder = copy / "samples" / name
    folder.rename(copy / name)
    folder.symlink_to(folder)
    told = problems(copy)
    assert [one for one in told if f"samples/{name}: cannot be looked into: Too many" in one]
    assert "found none" not in "\n".join(told)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
@pytest.mark.parametrize("mode", [0, 0o444])
@pytest.mark.parametrize("name", ["curl", "scenarios", "operations", "recordings"])
def test_a_folder_that_may_not_be_looked_into_is_not_passed_over(copy, name, mode):
    folder = copy / "samples" / name
    folder.chmod(mode)
    assert f"samples/{name}: cannot be looked into: Permission denied" in problems(copy)
    folder.chmod(0o755)


def test_a_folder_without_project_is_refused(tmp_path):
    assert "samples/catalog.yaml: this file is missing" in "\n".join(problems(tmp_path))


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "# later\n"])
def test_an_empty_file_is_said_to_be_empty(copy, content):
    (copy / "samples/catalog.yaml").write_text(content, "utf-8")
    assert problems(copy)[0] == "samples/catalog.yaml: this file is empty"
