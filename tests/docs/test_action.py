"""The GitHub Action: its steps' own scripts, run as GitHub runs them."""

import os
import re
import stat
import subprocess
import sys

import pytest
from readers import commands
from ruamel.yaml import YAML

from harness.cli.main import cli


@pytest.fixture(scope="session")
def action(root):
    return YAML(typ="safe", pure=True).load(root / "action.yml")


@pytest.fixture
def machine(action, clone, root):
    """Runs a step by its name; gives its exit code, what it printed, and the job's summary."""
    tools = clone.folder / "tools"
    tools.mkdir()
    command = tools / "sampleproof"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    for words in (["init", "-q"], ["add", "samples"]):
        subprocess.run(["git", *words], cwd=clone.folder, check=True)
    summary = clone.folder / "summary.md"
    summary.touch()

    def value(text, inputs):
        known = {f"inputs.{name}": given for name, given in inputs.items()}
        known |= {"runner.temp": str(clone.folder / "temp"), "github.action_path": str(root)}
        return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: known[found[1]], text)

    def step(name, **given):
        (found,) = (one for one in action["runs"]["steps"] if one["name"] == name)
        inputs = {key: one["default"] for key, one in action["inputs"].items()} | given
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]],
            cwd=clone.folder,
            env={
                "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
                "HOME": str(clone.folder),
                "SAMPLEPROOF_CACHE_DIR": os.environ["SAMPLEPROOF_CACHE_DIR"],
                "PYTHONPATH": str(root),
                "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_WORKSPACE": str(clone.folder),
                **{key: value(one, inputs) for key, one in found["env"].items()},
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr, summary.read_text("utf-8")

    return step


def test_a_project_that_is_right(machine):
    code, out, _ = machine("Run every sample", arguments="curl")
    assert code == 0, out
    code, out, _ = machine("Check what is published")
    assert code == 0, out
    code, out, summary = machine("Annotate and sum up")
    assert (code, out) == (0, "")
    assert summary.startswith("## 3 samples: 3 pass\n")


def test_where_there_is_no_project_every_step_fails(machine, clone):
    (clone.folder / "samples").rename(clone.folder / "sample")
    for step in ("Run every sample", "Check what is published", "Annotate and sum up"):
        code, out, _ = machine(step)
        assert code == 2
        assert "sample/catalog.yaml: rename it to " in out


def test_a_sample_that_fails_is_annotated(machine, clone):
    path = clone.folder / "samples/curl/basic.sh"
    path.write_text(path.read_text().replace('"top_p": 1', '"top_p": true'))
    assert machine("Run every sample", arguments="curl --timeout 30")[0] == 1
    assert machine("Check what is published")[0] == 4
    code, out, summary = machine("Annotate and sum up")
    assert code == 0
    first, second = out.splitlines()
    assert first.startswith("::error file=samples/curl/basic.sh,title=curl/basic%3A request.body::")
    assert second.startswith(
        "::error file=samples/curl/basic.sh,title=samples/curl/basic.sh%3A publ"
    )
    assert "<code>basic</code></td><td>❌ fail</td><td>–</td>" in summary
    assert machine("Annotate and sum up", published="false")[1].splitlines() == [first]


def test_no_line_of_a_run_is_a_command_to_github(machine, clone):
    path = clone.folder / "samples/curl/basic.sh"
    said = "::error::made up\n  ::add-mask::a\n##[error]made up\r::stop-commands::x"
    path.write_text(f"printf '{said}\\033[2J'; printf '{said}' >&2\n{path.read_text()}")
    code, out, _ = machine("Run every sample", arguments="curl/basic")
    assert code == 1
    first, *lines, last = out.replace("\r", "\n").splitlines()
    token = first.removeprefix("::stop-commands::")
    assert last == f"::{token}::"
    assert len(token) == 32
    assert "made up" in out
    assert not commands("\n".join(lines))
    assert "\x1b" not in out
    code, out, _ = machine("Annotate and sum up", published="false")
    assert all(line.startswith(("::error file=", "::warning file=")) for line in out.splitlines())


def test_what_a_project_holds_is_not_imported_when_it_is_installed(action, tmp_path):
    (tmp_path / "venv.py").write_text("print('made up')")
    line = next(
        line for line in action["runs"]["steps"][0]["run"].split("\n") if line.startswith("python3")
    )
    script = line.replace('"$TEMP/sampleproof"', "--help")
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True)
    assert b"made up" not in done.stdout
    assert "--no-config pip install" in action["runs"]["steps"][0]["run"]


def test_inputs_reach_scripts_as_environment_alone(action):
    # An expression within a script would be run as part of it.
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"], step["name"]


def test_it_installs_what_is_pinned_and_uses_verbs_that_there_are(action, root):
    install = action["runs"]["steps"][0]["run"]
    for name in re.findall(r"\$ACTION/(\S+?)\"", install):
        assert (root / name).exists(), name
    assert install.count("--require-hashes") == 2
    words = [
        line.split()[1]
        for step in action["runs"]["steps"]
        for line in step["run"].split("\n")
        if line.startswith("sampleproof ")
    ]
    assert set(words) <= set(cli.verbs)
