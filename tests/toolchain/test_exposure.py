"""Samples are shown programs and installations by name, and no folder that is somebody's."""

import sys
from pathlib import Path

import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.toolchain import exposure, node, packages, python, ready

PARTS = ("bin", "lib", "share")


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return home


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho tool 1.2.3\n")
    path.chmod(0o755)
    return path


def shown(tmp_path, program, private=()):
    found = exposure.program(str(program), private)
    return {str(Path(one).relative_to(tmp_path)) for one in found}


@pytest.mark.parametrize(
    ("program", "beside", "expected"),
    [
        # Installations, by their parts.
        ("opt/tool/bin/tool", "opt/tool/lib/x", {"opt/tool/bin", "opt/tool/lib"}),
        ("opt/tool/bin/tool", "opt/tool/etc/key", {"opt/tool/bin"}),
        ("home/.nvm/v22/bin/node", "home/.nvm/v22/lib/x", {"home/.nvm/v22/bin", "home/.nvm/v22/lib"}),
        ("manager/shims/tool", "manager/versions/1/x", {"manager/shims", "manager/versions"}),
        ("manager/shims/tool", "manager/.git/x", {"manager/shims"}),
        # A program that lies where its owner puts all kinds of things.
        ("home/tool", "home/.ssh/id", set()),
        ("home/bin/tool", "home/bin/mine", set()),
        ("home/bin/tool", "home/lib/libtool.so.1", {"home/lib/libtool.so.1"}),
        ("home/.local/bin/tool", "home/.local/share/keyrings/x", set()),
        ("clone/bin/tool", "clone/.git/config", set()),
        ("clone/bin/tool", "clone/lib/.git/config", {"clone/bin"}),
        ("alone/tool", "alone/other", set()),
    ],
)  # fmt: skip
def test_a_program_is_shown_with_what_it_needs_and_no_more(
    tmp_path, home, program, beside, expected
):
    make(tmp_path / program)
    make(tmp_path / beside)
    assert shown(tmp_path, tmp_path / program) - {str(program)} == expected - {str(program)}
    assert str(program) in shown(tmp_path, tmp_path / program)


def test_a_program_in_a_folder_that_holds_the_project_is_shown_alone(tmp_path, home):
    tool = make(tmp_path / "work/bin/tool")
    project = tmp_path / "work/lib/project"
    project.mkdir(parents=True)
    assert shown(tmp_path, tool, [project]) == {"work/bin/tool"}


def test_every_link_on_the_way_to_a_program_is_shown(tmp_path, home):
    real = make(tmp_path / "opt/tool-8/tool")
    (tmp_path / "home/bin").mkdir()
    (tmp_path / "home/bin/tool").symlink_to("../between")
    (tmp_path / "home/between").symlink_to(real)
    expected = {"home/bin/tool", "home/between", "opt/tool-8/tool"}
    assert shown(tmp_path, home / "bin/tool") == expected


def test_a_program_among_keys_is_refused_with_the_remedy(tmp_path, home):
    tool = make(home / ".ssh/tool")
    with pytest.raises(HarnessError, match=r"must not be shown it: .* is in \.ssh") as caught:
        exposure.program(str(tool))
    assert caught.value.remedy == exposure.REMEDY


@pytest.mark.parametrize("path", ["/", "/root", "/home", "/home/x", "/tmp", "/var", "/etc", "/opt"])
def test_folders_for_everything_are_refused(path):
    assert exposure.refusal(path)


def test_a_folder_that_holds_a_private_one_is_refused_by_any_name(tmp_path, home):
    (tmp_path / "link").symlink_to(tmp_path)
    for path in (tmp_path, home, tmp_path / "link", tmp_path / "link/home", home / "../home"):
        assert exposure.refusal(str(path)).endswith(f" holds {home}")
    (home / "tool").mkdir()
    assert exposure.refusal(str(home / "tool")) == ""
    assert exposure.refusal(str(home / "tool"), [home / "tool/project"])


def test_what_every_sample_is_shown_is_not_asked_about():
    assert exposure.refusal("/usr") == exposure.refusal("/usr/bin/env") == ""
    assert exposure.program("/usr/bin/env") == []


@pytest.mark.parametrize("prefix", [".", ".local"])
def test_a_python_in_a_home_is_shown_by_name(make_need, home, monkeypatch, prefix):
    base = home / prefix
    program = make(base / "bin/python3.11")
    library, mine = base / "lib/python3.11", make(base / "share/mine")
    make(library / "os.py")
    make(base / "lib/libpython3.11.so.1.0")
    make(base / "lib/mine/key")
    (base / "bin/python3").symlink_to("python3.11")
    monkeypatch.setattr(sys, "base_prefix", str(base))
    monkeypatch.setattr(sys, "_base_executable", str(base / "bin/python3"))
    need = make_need()
    found = {Path(one) for one in python._base((need.folder, need.state))}
    assert {library, program, base / "bin/python3", base / "lib/libpython3.11.so.1.0"} <= found
    for private in (home, base, base / "lib", base / "bin", mine.parent, base / "lib/mine"):
        assert private.resolve() not in {one.resolve() for one in found}


def test_a_node_in_a_home_is_shown_by_name(make_need, home, monkeypatch):
    need = make_need("node")
    make(home / "bin/other")
    own = node.Node(path=str(make(home / "bin/node")), version="22.11.0", npm=())
    monkeypatch.setattr(packages.runtime, "find_node", lambda *_: own)
    monkeypatch.setattr(packages, "installed", lambda *_: None)
    parts = packages.provide(need)
    assert parts.libraries == (str(packages.place(need)), str(home / "bin/node"))


@pytest.mark.parametrize("target", ["..", "../..", "../python", "/etc"])
def test_a_client_whose_folder_is_a_link_is_refused(make_need, tmp_path, target):
    need = make_need("programs")
    folder, root = need.folder, tmp_path / "project"
    make_need("python")
    folder.rename(tmp_path / "away")
    folder.symlink_to(target)
    with pytest.raises(InvalidError) as caught:
        ready.prepare(need.client, root, need.state, print)
    (problem,) = caught.value.problems
    assert problem.file == "samples/programs/client.yaml"
    assert "reached through a link" in problem.message


def test_a_project_may_itself_be_reached_through_a_link(make_need, tmp_path):
    need = make_need("programs")
    (tmp_path / "link").symlink_to(tmp_path / "project")
    assert ready.prepare(need.client, tmp_path / "link", need.state, print).libraries == ()


def test_a_folder_is_real_where_no_link_leads_out(tmp_path):
    (tmp_path / "base/in/deep").mkdir(parents=True)
    (tmp_path / "base/link").symlink_to("in")
    (tmp_path / "base/up").symlink_to("..")
    (tmp_path / "other").symlink_to("base")
    base, other = tmp_path / "base", tmp_path / "other"
    for folder in ("in", "in/deep"):
        for one, another in ((base, base), (other, other), (other, base)):
            assert exposure.is_real(one, another / folder)
    for folder in (".", "..", "link", "link/deep", "up", "up/base/in"):
        assert not exposure.is_real(base, base / folder)
