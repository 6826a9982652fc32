"""The cache folder is the user's alone, or it is not used."""

import fcntl
import os
import shutil

import platformdirs
import pytest
from click.testing import CliRunner

from harness.cli.cache import command
from harness.model.problem import HarnessError
from harness.toolchain import cache

OTHER = 12345
"""The number of a user who is not there."""


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMPLEPROOF_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project/samples").mkdir(parents=True)
    (tmp_path / "project/samples/catalog.yaml").touch()
    return tmp_path / "project"


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("usual", [None, "/x/y", "relative", ""])
def test_the_usual_place_is_where_other_programs_have_it(usual, monkeypatch):
    monkeypatch.delenv("SAMPLEPROOF_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", usual or "")
    if usual is None:
        monkeypatch.delenv("XDG_CACHE_HOME")
    if usual == "relative":  # not valid, says the specification
        assert cache.place(os.environ) == cache.place({})
    else:
        assert cache.place(os.environ) == platformdirs.user_cache_path("sampleproof")


def test_what_the_environment_names_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = cache.place({"SAMPLEPROOF_CACHE_DIR": "here", "XDG_CACHE_HOME": "/x"})
    assert found == tmp_path / "here"


def test_without_a_home_it_must_be_named(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(HarnessError, match="no home folder") as caught:
        cache.place({})
    assert "SAMPLEPROOF_CACHE_DIR" in caught.value.remedy


def test_looking_makes_nothing(base, project):
    assert cache.state_folder(project).parent == base / "projects"
    assert list(cache.states()) == []
    assert not base.exists()


def test_all_that_is_made_is_closed_to_others_and_left_out_of_git(base, project):
    before = os.umask(0)
    try:
        state = cache.made_state(project)
    finally:
        os.umask(before)
    folders = [path for path in (base, *base.rglob("*")) if path.is_dir()]
    assert {*folders} > {state, cache.toolchains(state)}
    assert {mode(path) for path in folders} == {0o700}
    assert (base / ".gitignore").read_text() == "*\n"
    assert (base / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806")


def test_one_project_has_one_state_by_whatever_link_it_is_named(base, project, tmp_path):
    (tmp_path / "link").symlink_to(project)
    assert cache.state_folder(tmp_path / "link") == cache.state_folder(project)
    assert cache.state_folder(tmp_path) != cache.state_folder(project)


@pytest.mark.parametrize(
    "name", ["a\nb", "-x", "é" * 80, "a b", b"\xff".decode("utf8", "surrogateescape")]
)
def test_any_name_of_a_project_gives_a_plain_one(base, tmp_path, name):
    (tmp_path / name).mkdir()
    state = cache.made_state(tmp_path / name)
    assert state.name.isascii()
    assert state.name.isprintable()
    assert [one.root for one in cache.states()] == [tmp_path / name]


PLACES = [
    "projects",
    "projects/STATE",
    "projects/STATE/runs",
    "toolchains",
    "toolchains/1",
    "toolchains/1/python",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_link_is_refused_and_what_it_leads_to_left_alone(base, project, tmp_path, place):
    state = cache.made_state(project)
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    link = base / place.replace("STATE", state.name)
    shutil.rmtree(link, ignore_errors=True)
    link.symlink_to(theirs)
    with pytest.raises(HarnessError, match=f"{link} is a link"):
        cache.made_state(project)
    assert mode(theirs) == 0o755
    assert list(theirs.iterdir()) == []


def test_the_folder_that_the_user_names_may_be_a_link(base, project, tmp_path):
    (tmp_path / "disk").mkdir(mode=0o700)
    base.symlink_to(tmp_path / "disk")
    assert cache.made_state(project).is_dir()


@pytest.mark.parametrize("place", [".", "projects"])
def test_a_folder_that_others_may_write_in_is_refused(base, project, place):
    cache.made_state(project)
    (base / place).chmod(0o770)
    with pytest.raises(HarnessError, match="others than you may write in") as caught:
        cache.state_folder(project)
    assert "chmod go-w" in caught.value.remedy


def test_one_that_others_may_read_is_closed(base, project):
    state = cache.made_state(project)
    state.chmod(0o755)
    cache.state_folder(project)
    assert mode(state) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
@pytest.mark.parametrize("place", [".", "projects"])
def test_a_folder_of_another_user_is_refused(base, project, place):
    cache.made_state(project)
    os.chown(base / place, OTHER, OTHER)
    with pytest.raises(HarnessError, match=f"belongs to another user.*{OTHER}") as caught:
        cache.state_folder(project)
    assert "without sudo" in caught.value.remedy
    assert "SAMPLEPROOF_CACHE_DIR" in caught.value.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can do as root does")
def test_sudo_makes_nothing_in_the_users_home(monkeypatch, tmp_path, project):
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, OTHER, OTHER)
    monkeypatch.delenv("SAMPLEPROOF_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(HarnessError, match="in a folder of another user"):
        cache.made_state(project)
    assert list(home.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(base, project):
    base.write_text("a file is in the way")
    with pytest.raises(HarnessError, match="cache is no folder"):
        cache.made_state(project)


def test_projects_that_are_gone_are_forgotten_and_nothing_else(base, project, tmp_path):
    gone, left = tmp_path / "gone", base / "projects/mine"
    gone.mkdir()
    states = [cache.made_state(gone), cache.made_state(project)]
    gone.rmdir()
    (base / "projects/link").symlink_to(tmp_path)
    left.mkdir()
    (left / "root").write_text("/no/such/project")
    assert [one.folder for one in cache.forget_gone()] == states[:1]
    assert not states[0].exists()
    assert states[1].is_dir()
    assert left.is_dir()
    assert tmp_path.is_dir()


def test_all_is_forgotten_but_what_is_not_ours(base, project, tmp_path):
    cache.made_state(project)
    (base / "mine").mkdir()
    (tmp_path / "theirs").mkdir()
    (base / "bundled").symlink_to(tmp_path / "theirs")
    assert cache.forget_all() == base
    assert sorted(one.name for one in base.iterdir()) == [".gitignore", "CACHEDIR.TAG", "mine"]
    assert (tmp_path / "theirs").is_dir()


@pytest.mark.parametrize("place", ["projects/STATE/runs/call-x", "toolchains/1/python/x.lock"])
def test_what_is_in_use_is_not_removed(base, project, place):
    state = cache.made_state(project)
    held = base / place.replace("STATE", state.name)
    held.parent.mkdir()
    held.touch()
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        with pytest.raises(HarnessError, match="something runs"):
            cache.forget_all()
        shutil.rmtree(project)
        cache.forget_gone()
        assert held.exists()
    cache.forget_all()
    assert not held.exists()


def test_the_command_tells_and_clears(base, project):
    def call(*words):
        done = CliRunner().invoke(command, [*map(str, words)])
        return done.exit_code, done.output

    cache.made_state(project)
    (code, output) = call("--project", project)
    assert (code, f"installed for projects is in {base}\n" in output) == (0, True), output
    assert call("clear", "--gone") == (0, "Removed the state of 0 projects\n")
    gone = project.parent / "gone"
    gone.mkdir()
    cache.made_state(gone)
    gone.rmdir()
    (code, output) = call("--project", project)
    assert "Of 2 projects that state is kept for, 1 can no longer be found:\n" in output
    assert " cache clear --gone removes" in output
    assert call("clear", "--all") == (0, f"Removed all that was kept in {base}\n")
    assert call("clear", "--all", "--gone")[0] == 2
