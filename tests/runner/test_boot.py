"""What a run may see of the machine is decided before anything is mounted."""

import pytest

from harness.model.problem import HarnessError
from harness.runner.boot import hidden, may_read, own_folder
from harness.toolchain.ready import Ready


def ready(*libraries):
    return Ready(words={}, digest="1", libraries=tuple(map(str, libraries)))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for folder in ("home/.ssh", "project/samples/plain", "project/.harness/python/1", "tool"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path / "project"


def test_what_a_stamp_names_is_shown_only_if_it_is_nobodys(root, tmp_path):
    state = root / ".harness"
    fine = (state / "python/1", tmp_path / "tool", "/usr")
    assert may_read(ready(*fine), root, state) == tuple(map(str, fine))
    (tmp_path / "link").symlink_to(tmp_path / "home")
    for path in ("/", root, state, tmp_path, tmp_path / "home", "home/.ssh", "link", "/root"):
        with pytest.raises(HarnessError, match="must not be shown"):
            may_read(ready(*fine, tmp_path / path), root, state)


def test_a_folder_of_samples_is_shown_only_if_it_is_the_projects_own(root, tmp_path):
    state = root / ".harness"
    (root / "samples/up").symlink_to("..")
    (state / "rendered").symlink_to(tmp_path / "home")
    assert own_folder(root / "samples/plain", root, state) == str(root / "samples/plain")
    assert own_folder(state / "python", root, state) == str(state / "python")
    for folder in (root / "samples/up", state / "rendered", root, tmp_path / "home"):
        with pytest.raises(HarnessError, match="through a link"):
            own_folder(folder, root, state)


def test_a_project_in_the_systems_own_folders_is_hidden_there(root, tmp_path, monkeypatch):
    inside = root.__class__("/usr/share/some/project")
    assert hidden(root, root / ".harness") == ()
    assert hidden(inside, inside / ".harness") == (str(inside), f"{inside}/.harness")
    monkeypatch.setenv("HOME", "/usr/sbin")
    assert "/usr/sbin" not in hidden(root, root / ".harness")
