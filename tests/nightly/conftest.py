"""A GitHub of the tests' own, and reports to tell it of."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import reported


class GitHub:
    """What the stand-in keeps."""

    def __init__(self, folder):
        self.folder = folder
        self._file = folder / "github.json"
        self.change(issues=[], pulls=[], labels=[], calls=[])

    def change(self, **changes):
        before = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._file.write_text(json.dumps(before | changes))

    def __getattr__(self, name):
        return json.loads(self._file.read_text())[name]

    def open_issues(self):
        return {one["title"]: one for one in self.issues if one["state"] == "open"}


@pytest.fixture
def github(tmp_path, monkeypatch):
    folder = tmp_path / "tools"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("gh.py"), folder)
    program = folder / "gh"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -S {folder}/gh.py "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    return GitHub(folder)


@pytest.fixture
def write(tmp_path):
    """Writes a report; gives its folder."""

    def write(*cells, newest=None, endpoint="http://127.0.0.1:1/v1"):
        folder = tmp_path / "report"
        shutil.rmtree(folder, ignore_errors=True)
        for where, lines in ((folder, cells), (folder / "newest", newest)):
            if lines is not None:
                reported.write(where, reported.whole(*lines, url=endpoint))
        return folder

    return write
