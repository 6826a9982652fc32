"""A repository that came with a configuration of its own starts no programs."""

from __future__ import annotations

import os
import subprocess

import pytest

from harness.pages.git_files import Repository


def git(folder, *words):
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "core.fsmonitor=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


SETTINGS = {
    "fsmonitor": ("core.fsmonitor", "{script}"),
    "clean": ("filter.theirs.clean", "{script}"),
    "process": ("filter.theirs.process", "{script}"),
    "textconv": ("diff.theirs.textconv", "{script}"),
    "command": ("diff.theirs.command", "{script}"),
    "external": ("diff.external", "{script}"),
    "hooks": ("core.hooksPath", "hooks"),
    "pager": ("core.pager", "{script}"),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_no_setting_of_a_repository_starts_a_program(tmp_path, monkeypatch, kind):
    root, mark = tmp_path / "project", tmp_path / "mark"
    root.mkdir()
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\necho ran $MY_KEY >> {mark}\ncat\n")
    script.chmod(0o755)
    git(root, "init", "--quiet")
    (root / ".gitattributes").write_text("* filter=theirs diff=theirs\n")
    (root / "page.md").write_text("snippet: one\n")
    (root / "hooks").mkdir()
    (root / "hooks/post-index-change").symlink_to(script)
    git(root, "add", "page.md", ".gitattributes")
    name, value = SETTINGS[kind]
    git(root, "config", name, value.format(script=script))
    (root / "page.md").write_text("snippet: two\n")
    os.utime(root / ".gitattributes")
    monkeypatch.setenv("MY_KEY", "secret")
    mark.unlink(missing_ok=True)
    found = Repository(root)
    assert found.pages() == [root / "page.md"]
    assert found.staged_pages("snippet:") == {"page.md"}
    assert found.unstaged() == {"page.md"}
    assert not mark.exists()
