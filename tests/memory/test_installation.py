"""Installations that nobody made for the samples count by every file that a sample could read."""

import os

import pytest

from harness.memory import installation, machine
from harness.memory.installation import outside
from harness.toolchain.ready import Ready


@pytest.fixture
def tool(tmp_path):
    """A program with what comes with it."""
    (tmp_path / "tool/bin").mkdir(parents=True)
    (tmp_path / "tool/lib/site-packages").mkdir(parents=True)
    (tmp_path / "tool/bin/tool").write_text("#!/bin/sh")
    (tmp_path / "tool/lib/module.py").write_text("one")
    return tmp_path / "tool"


@pytest.fixture
def look(tool, tmp_path):
    def look(*more, installed=()):
        libraries = (str(tool), "/usr", *map(str, more))
        ready = Ready(
            words={}, digest="1", libraries=libraries, installed=dict.fromkeys(installed, "")
        )
        return outside(ready, tmp_path / "project")

    return look


def test_a_file_that_is_edited_in_place_counts(look, tool):
    before = look()
    module = tool / "lib/module.py"
    times = module.stat()
    module.write_text("two")
    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert look() != before


def test_a_program_that_no_client_names_counts(look, tool):
    before = look()
    (tool / "bin/helper").touch()
    assert look() != before


def test_packages_that_an_environment_does_not_use_do_not_count(look, tool):
    before = look()
    (tool / "lib/site-packages/other.py").touch()
    assert look() == before


def test_what_was_installed_counts_elsewhere(look, tool):
    before = look(installed=[str(tool)])
    (tool / "bin/helper").touch()
    assert look(installed=[str(tool)]) == before


def test_what_is_too_much_to_look_at_is_not_known(look, monkeypatch):
    assert look() is not None
    monkeypatch.setattr(installation, "LIMIT", 1)
    assert look() is None


def test_a_project_that_is_shown_whole_is_not_known(look, tmp_path):
    assert look(tmp_path) is None


@pytest.fixture
def programs(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "jq").write_text("#!/bin/sh")
    (folder / "link").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_text("1")
    monkeypatch.setattr(machine, "PROGRAMS", (str(folder),))
    monkeypatch.setattr(machine, "LISTS", (str(tmp_path / "status"),))
    return folder


def test_every_program_of_the_system_counts(programs, tmp_path):
    def seen():
        machine.machine.cache_clear()
        return machine.machine()

    found = [seen()]
    (programs / "jq").write_text("#!/bin/sh\nexit 1")
    found.append(seen())
    (programs / "new").touch()
    found.append(seen())
    (tmp_path / "target").write_text("22")
    found.append(seen())
    (tmp_path / "status").touch()
    found.append(seen())
    assert seen() == found[-1]
    assert len(set(found)) == len(found)
    machine.machine.cache_clear()
