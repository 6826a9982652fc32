"""What `run` and `doctor` make of their options."""

import shlex

import pytest

from harness.cli import run
from harness.cli.main import invoke
from harness.model.problem import HarnessError
from harness.nightly import latest


def kept(words):
    with run.command.make_context("run", shlex.split(words)) as context:
        return shlex.join(run._kept(context))


@pytest.mark.parametrize(
    "words",
    [
        "--timeout 0.5 --live ollama --patience 5 --latest --isolation process --no-seal --node 22.11.0",
        "--live http://127.0.0.1:8000/v1.0",
    ],
)
def test_a_sample_is_run_again_with_all_that_may_change_its_verdict(words):
    assert kept(f"{words} python/basic") == words


@pytest.mark.parametrize(
    "words", ["--patience 120 --isolation fork", "-j 4 --no-cache --report x", "python/basic"]
)
def test_what_holds_anyway_or_changes_no_verdict_is_left_out(words):
    assert kept(words) == ""


@pytest.mark.parametrize("verb", ["run", "doctor"])
@pytest.mark.parametrize("version", ["22", "lts", "v22.11.0"])
def test_what_is_no_version_of_node_is_invalid(verb, version, capsys):
    assert invoke([verb, "--node", version]) == 2
    said = capsys.readouterr().err
    assert f"expected a Node version like 22.11.0; received '{version}'" in said


def test_the_node_that_is_asked_for_is_made_ready(root, tmp_path, monkeypatch):
    def stop(clients, root, state, announce, node, ask):
        raise HarnessError(f"asked for {node}")

    monkeypatch.setattr("harness.toolchain.ready.prepare_all", stop)
    call = ["javascript/basic", "--project", str(root), "--report", str(tmp_path)]
    with pytest.raises(HarnessError, match=r"asked for 22\.11\.0"):
        run.command.main([*call, "--node", "22.11.0"], standalone_mode=False)


def test_the_newest_packages_are_run_with_that_node_too(root, project, tmp_path, monkeypatch):
    asked = []

    def pin(client, root, state, announce, node):
        asked.append(node)
        return client

    def ready(clients, root, state, announce, node, ask):
        asked.append(node)
        return {}

    class Pinned:
        node = "22.11.0"

    Pinned.root = root
    monkeypatch.setattr(latest, "pin_newest", pin)
    monkeypatch.setattr(latest, "prepare_all", ready)
    (cell, *_) = project.cells()
    latest._newest(Pinned(), [cell])
    assert asked == ["22.11.0", "22.11.0"]


def test_doctor_looks_for_the_node_that_is_asked_for(root, capsys):
    assert invoke(["doctor", "--node", "99.0.0", "--project", str(root)]) == 3
    out = capsys.readouterr().out
    assert "needed: 99.0.0" in out
    assert "sampleproof run" in out
    assert "--node 99.0.0" in out


def test_doctor_tells_of_a_cache_that_is_not_believed_among_the_rest(
    root, capsys, monkeypatch, tmp_path
):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    monkeypatch.setenv("SAMPLEPROOF_CACHE_DIR", str(tmp_path / "cache"))
    assert invoke(["doctor", "--project", str(root)]) == 3
    out = capsys.readouterr().out
    assert "\nNOT  cache" in out
    assert "\nok   loopback" in out
