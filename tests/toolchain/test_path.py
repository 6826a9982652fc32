import pytest

from harness.toolchain.path import find


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A project and the user's own folder, each with a program `tool`; called in the project."""
    for folder in ("project/bin", "own"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "tool").write_text("#!/bin/sh\n")
        (tmp_path / folder / "tool").chmod(0o755)
    (tmp_path / "linked").symlink_to(tmp_path / "project/bin")
    (tmp_path / "links").mkdir()
    (tmp_path / "links/tool").symlink_to(tmp_path / "project/bin/tool")
    monkeypatch.chdir(tmp_path / "project/bin")
    return tmp_path


@pytest.mark.parametrize(
    "first", ["", ".", "bin", "{0}/project/bin", "{0}/linked", "{0}/own/../linked"]
)
def test_what_a_project_may_have_brought_is_passed_over(machine, monkeypatch, first):
    monkeypatch.setenv("PATH", f"{first.format(machine)}:{machine}/own")
    assert find("tool", machine / "project") == f"{machine}/own/tool"
    monkeypatch.setenv("PATH", first.format(machine))
    assert find("tool", machine / "project") is None


def test_a_link_into_the_project_is_its_program_too(machine, monkeypatch):
    monkeypatch.setenv("PATH", f"{machine}/links")
    assert find("tool", machine / "project") is None
    assert find("tool") == f"{machine}/links/tool"


@pytest.mark.parametrize("name", ["./tool", "bin/tool", "{0}/own/tool", "../project/bin/tool"])
def test_a_program_is_looked_for_by_its_name_alone(machine, name):
    assert find(name.format(machine)) is None


def test_what_was_installed_for_the_samples_comes_first(machine, monkeypatch):
    monkeypatch.setenv("PATH", f"{machine}/own")
    installed = f"{machine}/project/bin"
    assert find("tool", machine / "project", (installed,)) == f"{installed}/tool"
