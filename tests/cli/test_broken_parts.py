"""A client or a scenario that cannot be read keeps its own samples from running, and no other."""

import json
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def copy(tmp_path, copy_first_samples):
    """A project apart."""
    return copy_first_samples(tmp_path / "p")


def call(copy, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    path = copy / "build/report/report.ndjson"
    lines = path.read_text().splitlines() if path.exists() else []
    verdicts = {
        one["id"]: one["verdict"] for one in map(json.loads, lines) if one["type"] == "cell"
    }
    return done, verdicts


def damage(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_an_invalid_client_has_errors_and_the_others_run(copy):
    damage(copy / "samples/javascript/client.yaml", "suffix:", "sufix:")
    damage(copy / "samples/javascript/client.yaml", "title: JavaScript", "title: 7")
    done, verdicts = call(copy, "run", "javascript", "curl")
    assert done.returncode == 2, done.stdout
    for cell, verdict in verdicts.items():
        assert verdict == ("error" if cell.startswith("javascript/") else "pass"), cell
    assert done.stdout.count("sufix: this key is not known") == 1  # all of it, and once
    assert done.stdout.count("title: expected a text") == 1
    assert "same" not in done.stdout


def test_an_invalid_scenario_has_errors_and_the_others_run(copy):
    damage(copy / "samples/scenarios/streaming.yaml", "messages:", "mesages:")
    done, verdicts = call(copy, "run", "curl")
    assert done.returncode == 2
    for cell, verdict in verdicts.items():
        assert verdict == ("error" if cell.endswith("/streaming") else "pass"), cell
    assert done.stdout.count("mesages: this key is not known") == 1


def test_what_is_not_asked_for_may_be_broken(copy):
    damage(copy / "samples/javascript/client.yaml", "suffix:", "sufix:")
    done, verdicts = call(copy, "run", "curl")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(verdicts.values()) == {"pass"}


def test_each_broken_file_is_told_even_where_their_problems_look_alike(copy):
    for name in ("s1", "s2"):
        shutil.copy(copy / "samples/scenarios/basic.yaml", copy / f"samples/scenarios/{name}.yaml")
        damage(copy / f"samples/scenarios/{name}.yaml", "messages:", "mesages:")
    done, _ = call(copy, "run", "curl")
    for name in ("s1", "s2"):
        assert f"samples/scenarios/{name}.yaml:" in done.stdout


def test_other_commands_name_every_problem(copy):
    damage(copy / "samples/javascript/client.yaml", "suffix:", "sufix:")
    damage(copy / "samples/scenarios/streaming.yaml", "messages:", "mesages:")
    for command in (["check"], ["list"], ["render", "--check"]):
        done, _ = call(copy, *command)
        assert done.returncode == 2
        assert "sufix: this key is not known" in done.stderr
        assert "mesages: this key is not known" in done.stderr


def test_a_broken_catalogue_stops_everything(copy):
    damage(copy / "samples/catalog.yaml", "models:", "modells:")
    done, verdicts = call(copy, "run", "curl")
    assert (done.returncode, verdicts) == (2, {})
