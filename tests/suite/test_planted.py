"""What lies in a project in the harness's name is nothing to it: neither read nor written nor removed."""

import os
import subprocess
import sys

import pytest
from workshop import MINIATURES, call, copy_project

from harness.gateway.authority import Authority
from harness.toolchain.cache import state_folder


@pytest.fixture
def planted(tmp_path):
    """A project with links and an authority where state was once kept, and what the links lead to."""
    project, theirs = copy_project(MINIATURES, tmp_path / "project"), tmp_path / "theirs"
    old = project / ".harness"
    Authority(old / "tls").prepare(["models.inference.ai.azure.com"])
    (old / "cache").mkdir()
    for name in ("runs", "cache/results", "ready", "recorded"):
        place = theirs / name.replace("/", "-")
        (place / "folder").mkdir(parents=True)
        for file in ("folder/file", "f" * 64, ".lock"):
            (place / file).write_text("theirs")
            os.utime(place / file, (0, 0))
        (old / name).symlink_to(place)
    return project, theirs


def contents(*folders):
    found = [path for folder in folders for path in folder.rglob("*")]
    return {path: path.read_bytes() for path in found if path.is_file()}


def test_state_in_a_project_is_neither_believed_nor_touched(planted, tmp_path):
    project, theirs = planted
    before = contents(project, theirs)
    known = (project / ".harness/tls/ca.pem").read_bytes()
    for words in (
        ["render"],
        ["run", "plain/question", "--report", tmp_path / "r"],
        ["cache", "clear"],
    ):
        code, output, said = call(*words, project=project)
        assert code == 0, output + said
    after = contents(project, theirs)
    assert {path: after.get(path) for path in before} == before
    assert [path for path in after if ".harness" in path.parts and path not in before] == []
    assert (state_folder(project) / "tls/ca.pem").read_bytes() != known


def test_git_sees_nothing_of_what_is_written_into_a_project(tmp_path, copy_first_samples):
    project = copy_first_samples(tmp_path / "project")
    (project / "samples/javascript/node_modules").unlink(missing_ok=True)
    (project / "samples/javascript/.gitignore").unlink(missing_ok=True)

    def run(*words):
        done = subprocess.run(words, cwd=project, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("git", "init", "--quiet")
    before = run("git", "add", "--all", "--dry-run")
    run(sys.executable, "-m", "harness", "run", "*/basic")
    assert (project / "build/report/report.ndjson").is_file()
    assert (project / "samples/javascript/node_modules").is_symlink()
    assert run("git", "add", "--all", "--dry-run") == before


def test_planted_links_in_the_state_are_refused_with_a_remedy(planted, tmp_path):
    project, theirs = planted
    before = contents(theirs)
    state = state_folder(project)
    state.mkdir(mode=0o700)
    (state / "runs").symlink_to(theirs / "runs")
    for words in (["run", "plain/question", "--report", tmp_path / "r"], ["cache", "clear"]):
        code, output, said = call(*words, project=project)
        assert code == 3, output + said
        assert f"{state / 'runs'} is a link" in said
        assert f"rm {state / 'runs'}" in said
    assert contents(theirs) == before
