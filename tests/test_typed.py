"""Commands in messages can be typed as they stand, however the program was called."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
import reported

from harness.cli import main
from harness.cli.group import Verbs
from harness.model.root import demo
from harness.typed import COMMAND, as_typed

TEXT = "mend it with: sampleproof run curl/basic && sampleproof docs receipts; see sampleproof"


@pytest.fixture
def called(monkeypatch, tmp_path):
    """Gives a text as it is told when the program was called so."""
    monkeypatch.chdir(tmp_path)

    def tell(first, text=TEXT, project=None):
        monkeypatch.setattr(sys, "argv", [str(first)])
        return as_typed(text, project)

    return tell


def program(folder):
    folder.mkdir()
    path = folder / "sampleproof"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_that_is_not_on_path_is_named_by_its_place(called, tmp_path):
    here = program(tmp_path / "bin")
    assert called(here) == (
        "mend it with: bin/sampleproof run curl/basic && bin/sampleproof docs receipts;"
        " see sampleproof"
    )


def test_a_program_on_path_is_named_by_its_name(called, tmp_path, monkeypatch):
    here = program(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert called(here) == TEXT


def test_another_program_of_that_name_on_path_is_not_meant(called, tmp_path, monkeypatch):
    here = program(tmp_path / "my tools")
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin").parent))
    assert called(here, "sampleproof list") == "'my tools/sampleproof' list"


@pytest.mark.parametrize("folder", ["/home/me/sampleproof", "../sampleproof", "my-sampleproof"])
def test_a_folder_of_that_name_is_no_command(called, tmp_path, folder):
    text = f"{folder} is in a git repository"
    assert called(program(tmp_path / "bin"), text) == text


@pytest.mark.parametrize("first", ["/x/harness/__main__.py", "/x/pytest/__main__.py", "/x/pytest"])
def test_without_the_program_python_has_it(called, first):
    python = os.path.relpath(sys.executable)
    assert called(first, "run: sampleproof run") == f"run: {python} -m harness run"


def test_the_project_that_was_named_is_named_again(called):
    text = called("sampleproof", project=Path("my docs"))
    assert "sampleproof run --project 'my docs' curl/basic && " in text
    assert "sampleproof docs receipts --project 'my docs'; see sampleproof" in text


def test_every_verb_is_seen_whole():
    context = click.Context(main.cli)
    for verb in main.VERBS:
        command = main.cli.get_command(context, verb)
        words = [f"{verb} {one}" for one in command.verbs] if isinstance(command, Verbs) else [verb]
        for one in words:
            found = COMMAND.search(f"run: sampleproof {one} --x")
            assert found, one
            assert found[1] == one


@pytest.fixture
def clone(copy_first_samples, tmp_path):
    """A folder in which the program is called by its place, as after `make` in a clone."""
    (copy_first_samples(tmp_path) / "samples/receipts.json").unlink()
    (tmp_path / ".venv").symlink_to(sys.prefix)

    def call(*words):
        done = subprocess.run(
            [".venv/bin/sampleproof", *words],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return call


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["doctor"], 3),
        (["report", "merge", "build/report", "-o", "whole"], 2),
        (["docs", "quickstart"], 4),
        (["docs", "export", "--format", "json"], 4),
    ],
)
def test_no_command_is_named_that_is_not_there(clone, tmp_path, words, code):
    reported.write(tmp_path / "build/report", reported.whole()[:1])
    found, said = clone(*words)
    assert found == code, said
    assert " .venv/bin/sampleproof " in said
    assert " sampleproof " not in said


def test_the_samples_of_the_package_are_named_as_they_were_asked_for():
    assert as_typed("sampleproof run -j 1 a/b", demo()) == "sampleproof run --demo -j 1 a/b"
    assert as_typed("sampleproof render", demo()) == f"sampleproof render --project {demo()}"
