"""A clone of what is committed is as fresh as what was checked; where git does not answer, nothing is."""

import os
import shutil
import subprocess
import sys

import pytest

from harness.cli.main import invoke
from harness.model.project import open_project

FRESH = "Everything published is fresh, and has passed.\n"


@pytest.fixture
def git(proven):
    """Calls git in the project."""
    settings = ["-c", "user.name=n", "-c", "user.email=e@example.org"]

    def call(*words, cwd=proven, **more):
        return subprocess.run(
            ["git", *settings, *words], cwd=cwd, check=False, capture_output=True, text=True, **more
        )

    return call


@pytest.fixture
def kept(proven, git, capsys, monkeypatch):
    """A project that git keeps, with a page of its own that has a sample in it."""
    assert invoke(["docs", "quickstart", "--project", str(proven)]) == 0
    (proven / "page.md").write_text("<!-- snippet: python/basic -->\n<!-- /snippet -->\n")
    assert invoke(["docs", "inject", "--project", str(proven), str(proven / "page.md")]) == 0
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "m"]):
        assert git(*words).returncode == 0
    capsys.readouterr()
    monkeypatch.chdir(proven)
    return proven


@pytest.fixture
def check(kept, capsys):
    def call(*words, verb=("docs", "check")):
        code = invoke([*verb, *words])
        return code, *capsys.readouterr()

    return call


def test_what_is_committed_and_fresh_is_fresh(check):
    assert check() == check("--staged") == (0, FRESH, "")
    assert check("--check", "--staged", verb=["render"])[0] == 0


# Where git does not answer.


def test_without_git_a_repository_is_an_error(check, monkeypatch, tmp_path):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    code, out, err = check()
    assert (code, out) == (3, "")
    assert "is in a git repository, and git cannot be called" in err
    assert "remedy: install git" in err


def test_somebody_elses_repository_is_an_error_with_the_command_that_allows_it(check, kept):
    os.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    try:
        code, out, err = check()
    finally:
        del os.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"]
    assert (code, out) == (3, "")
    assert "detected dubious ownership in repository" in err
    assert f"remedy: git config --global --add safe.directory {kept}" in err


@pytest.mark.parametrize("verb", [["docs", "check"], ["docs", "inject"]])
def test_a_broken_index_is_an_error(check, kept, verb):
    (kept / ".git/index").write_bytes(b"DIRC nothing of that kind, and far too long to be one")
    code, out, err = check(verb=verb)
    assert (code, out) == (3, "")
    assert "git does not tell what it knows of" in err
    assert "index" in err
    assert "see what is wrong with: git -C " in err


def test_a_repository_without_a_head_is_an_error(check, kept):
    (kept / ".git/HEAD").unlink()
    code, _, err = check()
    assert (code, "not a git repository" in err) == (3, True)


def test_without_any_repository_all_pages_count_and_that_is_said(check, kept):
    shutil.rmtree(kept / ".git")
    (kept / "node_modules").mkdir()
    shutil.copy(kept / "page.md", kept / "node_modules/other.md")
    assert check() == (0, FRESH, f"{kept} is in no git repository: every page in it counts.\n")
    (kept / "node_modules/other.md").write_text("<!-- snippet: python/basic -->\n")
    assert check()[0] == 0
    (kept / "page.md").write_text("<!-- snippet: python/basic -->\n<!-- /snippet -->\n")
    assert check()[0] == 4
    code, _, err = check("--staged")
    assert (code, "--staged: " in err) == (2, True)


# What a clone would lack.

NEEDED = [
    "samples/curl/basic.sh",
    "samples/python/client.yaml",
    "samples/python/sample.py.j2",
    "samples/python/requirements.txt",
    "samples/python/reserved.txt",
    "samples/javascript/package.json",
    "samples/recordings/streaming.yaml",
    "samples/scenarios/streaming.yaml",
    "samples/operations/chat.yaml",
    "samples/receipts.json",
    "docs/quickstart.md.j2",
    "docs/messages/fr.yaml",
    "docs/quickstart.fr.md",
]


@pytest.mark.parametrize("path", NEEDED)
def test_a_file_that_git_does_not_know_is_told(check, git, kept, path):
    assert git("rm", "--cached", "--quiet", path).returncode == 0
    (kept / ".gitignore").write_text(f"/{path}\n")  # nor does ignoring it bring it into a clone
    said = f"{path}: git does not know it, so a clone would lack it; mend it with: git add {path}\n"
    assert check() == (4, said, "stale: 1\n")


def test_every_sample_is_needed(check, git, kept):
    for cell in open_project(kept).cells():
        git("rm", "--cached", "--quiet", cell.path)
    paths = sorted(cell.path for cell in open_project(kept).cells())
    for words, verb in (((), ("docs", "check")), (("--check", "--staged"), ("render",))):
        code, out, _ = check(*words, verb=verb)
        assert code == 4
        assert [line.partition(":")[0] for line in out.splitlines()] == paths


def test_a_project_that_git_knows_nothing_of_is_told_once(check, git):
    git("rm", "-r", "--cached", "--quiet", "samples")
    code, out, _ = check()
    assert code == 4
    assert out.startswith("samples: git does not know it, so a clone would lack it")
    assert out.count("\n") == 1


def test_samples_behind_a_link_are_known(check, git, kept):
    (kept / "samples").rename(kept / "others")
    (kept / "samples").symlink_to("others")
    git("add", "--all")
    assert check("--staged") == (0, FRESH, "")


# What a commit would take.


@pytest.mark.parametrize("path", ["samples/curl/basic.sh", "samples/receipts.json", "page.md"])
def test_what_is_staged_otherwise_is_told(check, git, kept, path):
    whole = (kept / path).read_bytes()
    (kept / path).write_bytes(whole.replace(b"s", b"z", 1))
    git("add", path)
    (kept / path).write_bytes(whole)
    assert check() == (0, FRESH, "")
    said = f"{path}: is not staged as it is here; mend it with: git add {path}\n"
    assert check("--staged") == (4, said, "stale: 1\n")
    if path.endswith(".sh"):
        assert check("--check", "--staged", verb=["render"])[:2] == (4, said)


def test_a_page_whose_markers_are_gone_from_here_alone_is_told(check, kept):
    (kept / "page.md").write_text("# T\n")
    assert check("--staged")[0] == 4


def test_a_sample_that_is_gone_from_here_alone_is_told(check, git, kept):
    shutil.copy(kept / "samples/curl/basic.sh", kept / "samples/curl/older.sh")
    git("add", "--all")
    (kept / "samples/curl/older.sh").unlink()
    code, out, _ = check("--staged")
    assert (code, out.partition(":")[0]) == (4, "samples/curl/older.sh")


def test_another_file_may_be_as_it_likes(check, git, kept):
    (kept / "other.md").write_text("# T\n")
    git("add", "--all")
    (kept / "other.md").write_text("# U\n")
    (kept / "new.md").write_text("# V\n")
    assert check("--staged") == (0, FRESH, "")


@pytest.mark.parametrize("options", [(), ("-a",), ("--", "sub/page.md")])
def test_a_hook_of_git_itself_judges_what_is_committed(kept, git, root, tmp_path_factory, options):
    outer = tmp_path_factory.mktemp("outer")
    shutil.copytree(kept, outer / "sub", ignore=shutil.ignore_patterns(".git"))
    git("init", "--quiet", cwd=outer)
    git("add", "--all", cwd=outer)
    hook = outer / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    words = f'"{sys.executable}" -m harness docs check --staged --project sub'
    hook.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec {words}\n')
    hook.chmod(0o755)
    assert git("commit", "-m", "m", cwd=outer).returncode == 0
    page = outer / "sub/page.md"
    page.write_text(page.read_text().replace("France", "Spain"))
    done = git("commit", "-m", "m", *options, cwd=outer)
    assert done.returncode == 1
    assert "page.md: somebody wrote between its markers" in done.stderr
    assert ("page.md: is not staged as it is here" in done.stderr) == (not options)
    page.write_text(page.read_text().replace("Spain", "France") + "\nMore.\n")
    done = git("commit", "-m", "m", *(options or ("-a",)), cwd=outer)
    assert done.returncode == 0, done.stdout + done.stderr
