"""A run split into shards and joined is the whole run."""

import json

import pytest
from workshop import MINIATURES, call, copy_project

from harness.cli.main import invoke


@pytest.fixture(scope="module")
def project(miniatures, tmp_path_factory):
    """A small project, rendered, with a sample that fails."""
    target = tmp_path_factory.mktemp("shards") / "project"
    copied = copy_project(MINIATURES, target)
    code, _, said = call("render", project=copied)
    assert code == 0, said
    sample = copied / "samples/plain/question.py"
    sample.write_text(sample.read_text().replace("capital of France", "capital of Spain"))
    return copied


def without_run(folder):
    lines = [json.loads(text) for text in (folder / "report.ndjson").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "run"} for line in lines]


def test_shards_joined_are_the_whole_run(project, tmp_path, join):
    code, output, said = call("run", "--report", tmp_path / "whole", project=project)
    assert code == 1, output + said
    codes = []
    for index in range(1, 4):
        folder = tmp_path / f"part{index}"
        arguments = ["--no-cache", "--shard", f"{index}/3", "--balance", tmp_path / "whole"]
        codes.append(call("run", *arguments, "--report", folder, project=project)[0])
    assert sorted(codes) == [0, 0, 1]
    parts = [tmp_path / f"part{index}" for index in (3, 1, 2)]
    code, output, said = join(parts, tmp_path / "joined")
    assert code == 1, said
    assert output.startswith("3 shards joined: ")
    assert without_run(tmp_path / "joined") == without_run(tmp_path / "whole")
    assert (tmp_path / "joined/junit.xml").is_file()
    code, _, said = join(parts[:2], tmp_path / "again")
    assert code == 2
    assert "shard 2/3 is missing" in said


@pytest.fixture
def join(capsys):
    def join(parts, folder):
        code = invoke(["report", "merge", *map(str, parts), "-o", str(folder)])
        return code, *capsys.readouterr()

    return join


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "1/", "a/b", "1/3/3"])
def test_what_is_no_part_is_refused(project, part):
    code, output, said = call("run", "--shard", part, project=project)
    assert (code, output) == (2, "")
    assert "expected I/N" in said


def test_more_shards_than_groups_are_refused(project):
    code, _, said = call("run", "*/question", "--shard", "1/2", project=project)
    assert code == 2
    assert "only 1 group of samples to share out" in said


def test_balance_is_for_shards(project, tmp_path):
    code, _, said = call("run", "--balance", tmp_path, project=project)
    assert code == 2
    assert "give --shard I/N too" in said
