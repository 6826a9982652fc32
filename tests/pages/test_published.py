"""One look tells whether all that is published is fresh: exit code, what mends it, and how quick."""

import os
import re
import subprocess
import sys

import pytest
from press import edit

from harness.cli.main import invoke
from harness.pages import receipt


@pytest.fixture
def published(proven, capsys):
    """A project whose pages are as they should be."""
    assert invoke(["docs", "quickstart", "--project", str(proven)]) == 0
    capsys.readouterr()
    return proven


@pytest.fixture
def look(capsys, monkeypatch):
    def look(root):
        monkeypatch.chdir(root)
        code = invoke(["docs", "check"])
        return code, capsys.readouterr().out.splitlines()

    return look


def test_what_is_fresh_is_fresh(published, look):
    assert look(published) == (0, ["Everything published is fresh, and has passed."])


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (
            "samples/python/basic.py",
            "capital",
            "capitol",
            "samples/python/basic.py: was written or changed by hand; take it into the scenario or the template, or replace it with: sampleproof render --force",
        ),
        (
            receipt.FILE,
            '"on": "2026-11-22"',
            '"on": "2026-11-23"',
            "curl/basic: its receipt in samples/receipts.json was edited; mend it with: sampleproof run curl/basic && sampleproof docs receipts",
        ),
        (
            receipt.FILE,
            '  "format"',
            ' "format"',
            "samples/receipts.json: is not as it was written; mend it with: sampleproof run && sampleproof docs receipts",
        ),
        (
            receipt.FILE,
            '"receipts"',
            "<<<<<<< receipts",
            "samples/receipts.json: is not as it was written; mend it with: sampleproof run && sampleproof docs receipts",
        ),
        (
            "docs/quickstart.fr.md",
            "jeton",
            "Jeton",
            "docs/quickstart.fr.md: was written or changed by hand; take it into the messages or the template, or replace it with: sampleproof docs quickstart --force",
        ),
    ],
)
def test_one_character_is_told_once_with_what_mends_it(published, look, path, old, new, said):
    edit(published / path, old, new)
    assert look(published) == (4, [said])


def test_a_page_in_no_language_is_told(published, look):
    (published / "docs/quickstart.xx.md").write_text("")
    code, out = look(published)
    assert code == 4
    assert out == [
        "docs/quickstart.xx.md: is in no language of docs/messages; remove it, or add its messages"
    ]


def test_a_missing_page_is_told(published, look):
    (published / "docs/quickstart.en.md").unlink()
    code, (said,) = look(published)
    assert code == 4
    assert said.startswith("docs/quickstart.en.md: is not there; mend it with: ")


def test_a_receipt_for_no_sample_is_told(published, look):
    found = receipt.load(published).by_cell
    receipt.save(published, {**found, "gone/basic": found["curl/basic"]})
    assert look(published)[1] == [
        "samples/receipts.json: there is no sample gone/basic; mend it with: sampleproof docs receipts"
    ]


def test_it_imports_nothing_that_only_running_needs(published):
    """Editors call it on each save, and hooks on each commit: what takes long stays out."""
    words = [sys.executable, "-X", "importtime", "-m", "harness", "docs", "check"]
    done = subprocess.run([*words, "--project", str(published)], check=True, capture_output=True)
    imported = {line.rpartition(b"|")[2].strip().decode() for line in done.stderr.splitlines()}
    assert "harness.pages.published" in imported
    assert imported & {"asyncio", "cryptography", "h11", "rich", "ssl"} == set()


def test_diff_shows_what_check_complains_of(published, capsys):
    edit(published / "docs/quickstart.en.md", "GitHub Models quickstart", "Quickstart")
    call = ["docs", "quickstart", "--project", str(published)]
    assert invoke([*call, "--check", "--diff"]) == 4
    out = capsys.readouterr().out
    assert (
        "docs/quickstart.en.md: was written or changed by hand; take it into the messages or the "
        in out
    )
    assert "-# Quickstart\n+# GitHub Models quickstart\n" in out
    assert invoke([*call, "--force"]) == 0
    assert invoke([*call, "--check"]) == 0


MARKED = """\
# A page

Text outside.

<!-- snippet: python/basic -->
<!-- /snippet -->
"""


@pytest.fixture
def marked(published, capsys):
    """A project that git keeps, with a page of its own that has a sample in it."""
    page = published / "docs/own.md"
    page.write_text(MARKED)
    for words in (["init", "--quiet"], ["add", "docs", "samples"]):
        subprocess.run(["git", *words], cwd=published, check=True)
    assert invoke(["docs", "inject", str(page), "--project", str(published)]) == 0
    capsys.readouterr()
    return published


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("Text outside", "Words outside", 0, "Everything published is fresh, and has passed."),
        (
            "capital",
            "Capital",
            4,
            "docs/own.md: somebody wrote between its markers; mend it with: sampleproof docs inject --force docs/own.md",
        ),
        (
            "snippet: python/basic",
            "snippet: curl/basic",
            4,
            "docs/own.md: is not what its markers ask for; mend it with: sampleproof docs inject docs/own.md",
        ),
    ],
)
def test_a_page_with_markers_inside_and_outside_of_them(marked, look, old, new, code, said):
    assert look(marked)[0] == 0
    edit(marked / "docs/own.md", old, new)
    assert look(marked) == (code, [said])


def test_a_marker_that_names_nothing_is_an_error(marked, capsys):
    edit(marked / "docs/own.md", "python/basic", "pyton/basic")
    assert invoke(["docs", "check", "--project", str(marked)]) == 2
    assert "docs/own.md:5: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [("samples/curl/basic.sh", "capital", "Capital"), ("docs/quickstart.fr.md", "jeton", "Jeton")],
)
def test_a_wrong_marker_is_told_together_with_all_that_is_stale(marked, capsys, path, old, new):
    edit(marked / "docs/own.md", "python/basic", "pyton/basic")
    edit(marked / path, old, new)
    assert invoke(["docs", "check", "--project", str(marked)]) == 2
    told = capsys.readouterr()
    assert told.out.startswith(f"{path}: was written or changed by hand; ")
    assert "docs/own.md:5: " in told.err


def test_wrong_messages_and_a_wrong_marker_are_told_in_one_go(marked, capsys):
    edit(marked / "docs/own.md", "python/basic", "pyton/basic")
    edit(marked / "docs/messages/fr.yaml", "title:", "titel:")
    assert invoke(["docs", "check", "--project", str(marked)]) == 2
    said = capsys.readouterr().err
    assert "docs/own.md:5: " in said
    assert "docs/messages/fr.yaml:" in said


def test_a_wrong_marker_hides_no_annotation(marked, capsys, monkeypatch):
    edit(marked / "docs/own.md", "python/basic", "pyton/basic")
    edit(marked / "samples/curl/basic.sh", "capital", "Capital")
    monkeypatch.setattr(
        "harness.report.ndjson.read", lambda _: [{"type": "report", "mode": "replay"}]
    )
    assert invoke(["report", "github", "--published", "--project", str(marked)]) == 2
    told = capsys.readouterr()
    assert "::error file=" in told.out
    assert "replace it with: sampleproof render --force" in told.out
    assert "docs/own.md:5: " in told.err


def test_what_is_no_page_is_told_and_not_waited_for(published, tmp_path_factory):
    os.mkfifo(published / "notes.md")
    (published / "gone.md").symlink_to("nowhere.md")
    (published / "round.md").symlink_to("round.md")
    (published / "zero.md").symlink_to("/dev/zero")
    (published / "folder.md").symlink_to("docs")
    (published / ".#own.md").symlink_to("somebody@somewhere")
    outside = tmp_path_factory.mktemp("outside") / "page.md"
    outside.touch()
    (published / "out.md").symlink_to(outside)
    command = [sys.executable, "-m", "harness", "docs", "check"]
    done = subprocess.run(
        command, cwd=published, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2, done.stderr
    told = dict(re.findall(r"(?m)^error: (\S+\.md): (.*)$", done.stderr))
    assert told == {
        "gone.md": "this is a link to nowhere.md, where nothing is",
        "notes.md": "cannot be read: expected a plain file; this is none",
        "out.md": told["out.md"],
        "round.md": "cannot be read: Too many levels of symbolic links",
        "zero.md": told["zero.md"],
    }
    assert "this leads out of" in told["out.md"]
    assert "this leads out of" in told["zero.md"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_page_that_cannot_be_read_is_told_and_is_no_fault_of_ours(published, capsys):
    (published / "docs/own.md").touch(0)
    assert invoke(["docs", "check", "--project", str(published)]) == 3
    assert "docs/own.md cannot be read: Permission denied" in capsys.readouterr().err
