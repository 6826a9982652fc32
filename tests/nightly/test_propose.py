"""Recordings that say something new of an endpoint are proposed, on a branch of their own."""

import json
import shutil
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from raw import CLOSE, Raw, http
from readers import HOSTILE, NASTY, moves, rendered

from harness.cli.main import invoke
from harness.model.problem import HarnessError
from harness.nightly import proposal
from harness.nightly.proposal import BRANCH
from harness.pages.git_files import STARTING, Repository
from harness.record.changes import Change
from harness.record.shelf import Offered

JSON = "Content-Type: application/json"


def body(text, **more):
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    return json.dumps({"choices": [choice], **more}).encode()


def git(folder, *words):
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def clone(root, tmp_path):
    """A clone of the miniatures with one scenario, and where it was cloned from."""
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"
    shutil.copytree(root / "tests/miniatures/samples", clone / "samples")
    shutil.rmtree(clone / "samples/keeping")
    for kind in ("scenarios", "recordings"):
        for path in (clone / "samples" / kind).iterdir():
            if path.stem != "question":
                path.unlink()
    (clone / ".gitignore").write_text("build/\n")
    assert invoke(["render", "--project", str(clone)]) == 0
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", str(origin))
    git(clone, "init", "--quiet", "--initial-branch", "main")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", "All")
    git(clone, "remote", "add", "origin", str(origin))
    git(clone, "push", "--quiet", "origin", "main")
    return clone


@pytest.fixture
def propose(clone, github, capsys):
    """Propose what an endpoint answers; gives the exit code, and what was printed."""

    def propose(answer, *options, headers=()):
        raw = Raw([http("200 OK", JSON, *headers, f"Content-Length: {len(answer)}"), answer, CLOSE])
        with raw.serve_alone():
            words = ["--endpoint", f"http://127.0.0.1:{raw.port}/v2", "--project", str(clone)]
            code = invoke(["nightly", "propose", *words, *options])
        return code, capsys.readouterr().out

    return propose


def test_a_changed_shape_is_proposed_and_a_changed_wording_is_not(propose, clone, github):
    first = git(clone, "rev-parse", "HEAD")
    code, out = propose(body("The capital of France is Paris.", luck=7))
    assert code == 0, out
    assert "Proposed: question" in out
    (pull,) = github.pulls
    assert pull["head"] == BRANCH
    assert pull["title"].endswith(": question")
    assert "### question" in pull["body"]
    assert "shape: $.luck is new" in pull["body"]
    files = git(clone, "show", "--name-only", "--format=", f"origin/{BRANCH}")
    assert files == "samples/recordings/question.yaml"
    assert git(clone, "branch", "--show-current") == "main"
    assert git(clone, "rev-parse", "HEAD") == first
    assert git(clone, "status", "--porcelain") == ""

    git(clone, "merge", "--quiet", BRANCH)
    code, out = propose(body("It is Paris, the city on the Seine.", luck=7))
    assert code == 0
    assert "wording:" in out
    assert "Nothing is proposed: the recordings say the same of the endpoint." in out
    assert len(github.pulls) == 1
    assert git(clone, "status", "--porcelain") == ""


def test_an_open_proposal_is_brought_up_to_date(propose, clone, github):
    propose(body("It is Paris.", luck=7))
    code, _ = propose(body("It is Paris.", luck=7, more="x"))
    assert code == 0
    (pull,) = github.pulls
    assert "shape: $.more is new" in pull["body"]
    assert git(clone, "rev-list", "--count", f"main..origin/{BRANCH}") == "1"


def test_what_follows_from_recordings_is_proposed_with_them(propose, clone, github):
    note = clone / "note.txt"
    note.write_text("before\n")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", "A note")
    then = f"{sys.executable} -c \"open('note.txt', 'w').write('after')\""
    code, out = propose(body("It is Paris.", luck=7), "--then", then)
    assert code == 0, out
    assert git(clone, "show", f"origin/{BRANCH}:note.txt") == "after"
    assert note.read_text() == "before\n"
    assert "has run with them" in github.pulls[0]["body"]
    git(clone, "merge", "--quiet", BRANCH)
    code, _ = propose(body("It is Paris."), "--then", f"{sys.executable} -c 'raise SystemExit(1)'")
    assert code == 3
    assert len(github.pulls) == 1


def test_where_nothing_answers_nothing_is_proposed(clone, github, capsys):
    words = ["--endpoint", "http://127.0.0.1:1/v2", "--project", str(clone)]
    assert invoke(["nightly", "propose", *words]) == 0
    assert "Nothing is proposed." in capsys.readouterr().out
    assert github.pulls == []


def test_a_wrong_answer_is_never_proposed(propose, github):
    code, out = propose(b'{"choices": 1}')
    assert code == 0
    assert "Nothing is proposed." in out
    assert github.pulls == []


def test_other_changes_are_not_swept_along(propose, clone, github, capsys):
    path = clone / "samples/catalog.yaml"
    path.write_text(path.read_text() + "# mine\n")
    code, _ = propose(body("It is Paris."))
    assert code == 2
    assert github.calls == []
    assert path.read_text().endswith("# mine\n")


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_what_a_proposal_repeats_is_only_text(text):
    def body(text):
        change = Change(kind="shape", message=text)
        return proposal._body(
            [Offered(scenario="basic", state="waiting", changes=(change,))], text, text
        )

    shown = body(f"x{text}")
    assert rendered(shown)[0] == rendered(body("x"))[0]
    assert not moves(shown)


def test_a_proposal_of_very_much_is_taken_by_github():
    change = Change(kind="shape", message="`" * 20_000)
    every = [Offered(scenario=f"s{i}", state="waiting", changes=(change,)) for i in range(40)]
    body = proposal._body(every, "e", "")
    assert len(body) < 65_536
    assert "more scenarios: see the files." in body


STARTED = {
    "a filter": ("filter.theirs.clean", "{script}"),
    "a filter that goes on": ("filter.theirs.process", "{script}"),
    "a file system's monitor": ("core.fsmonitor", "{script}"),
    "hooks": ("core.hooksPath", "{hooks}"),
    "who receives": ("remote.origin.receivepack", "{script}"),
    "a protocol": ("remote.origin.pushurl", "ext::{script}"),
    "who signs": ("gpg.program", "{script}"),
    "how a host is reached": ("core.sshCommand", "{script}"),
}


def test_no_setting_of_a_clone_starts_a_program(clone, tmp_path):
    script, hooks = tmp_path / "theirs.sh", tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "pre-push", "post-checkout", "post-index-change"):
        (hooks / name).symlink_to(script)
    (clone / ".git/info/attributes").write_text("* filter=theirs\n")
    git(clone, "config", "protocol.ext.allow", "always")
    before = (clone / ".git/config").read_text()
    for kind, (name, value) in STARTED.items():
        script.write_text(f"#!/bin/sh\necho {kind} >> {tmp_path}/started\nexit 1\n")
        script.chmod(0o755)
        if kind == "how a host is reached":
            git(clone, "config", "remote.origin.pushurl", "ssh://127.0.0.1:9/x.git")
        git(clone, "config", name, value.format(script=script, hooks=hooks))
        git(clone, "config", "commit.gpgSign", str(kind == "who signs").lower())
        found = proposal.Clone(clone)
        (clone / "samples/new.txt").write_text(kind)
        with suppress(HarnessError):
            found.push("New")
        (clone / ".git/config").write_text(before)
        git(clone, "reset", "--quiet", "--hard")
    assert not (tmp_path / "started").exists(), (tmp_path / "started").read_text()


def test_helpers_of_the_users_own_are_asked(clone, tmp_path, monkeypatch):
    settings = tmp_path / "gitconfig"
    settings.write_text("[credential]\nhelper = mine\nhelper = mine too\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    git(clone, "config", "credential.helper", "theirs")
    found = Repository(clone).own_settings(STARTING)
    assert [value for name, value in found if name == "credential.helper"] == [
        "",
        "mine",
        "mine too",
    ]
