import pytest

from harness.model.problem import HarnessError
from harness.toolchain import programs

CURL = {"name": "curl", "minimum": "7.76", "install": "install curl 7.76"}


def test_programs_are_found_with_their_versions(fp, make_need, programs_on_path):
    folder = programs_on_path("bash", "curl")
    need = make_need("programs", programs=[{"name": "bash"}, CURL])
    fp.register([str(folder / "bash"), "--version"], stdout="GNU bash, version 5.2.15(1)-release")
    fp.register([str(folder / "curl"), "--version"], stdout="curl 7.88.1 (x86_64) libcurl/7.0")
    parts = programs.provide(need)
    assert parts.words == {"bash": str(folder / "bash"), "curl": str(folder / "curl")}
    assert parts.versions == {"bash": "5.2.15", "curl": "7.88.1"}
    assert parts.path == (str(folder),)


def test_the_folder_behind_a_link_is_read_too(fp, make_need, programs_on_path, tmp_path):
    folder = programs_on_path()
    real = tmp_path / "opt/curl-8"
    real.parent.mkdir()
    real.write_text("#!/bin/sh\n")
    real.chmod(0o755)
    (folder / "curl").symlink_to(real)
    fp.register([str(folder / "curl"), "--version"], stdout="curl 8.1.0")
    parts = programs.provide(make_need("programs", programs=[CURL]))
    assert parts.libraries == (str(folder), str(real.parent))


def test_a_missing_program_is_named_with_its_remedy(make_need, programs_on_path):
    programs_on_path("bash")
    with pytest.raises(HarnessError, match="curl is not on the PATH; programs needs it") as caught:
        programs.provide(make_need("programs", programs=[CURL]))
    assert caught.value.remedy == "install curl 7.76"


def test_an_old_program_is_refused(fp, make_need, programs_on_path):
    folder = programs_on_path("curl")
    fp.register([str(folder / "curl"), "--version"], stdout="curl 7.9.8")
    with pytest.raises(HarnessError, match=r"is 7\.9\.8; curl 7\.76 or newer is needed"):
        programs.provide(make_need("programs", programs=[CURL]))


def test_a_program_that_tells_no_version_is_refused(fp, make_need, programs_on_path):
    folder = programs_on_path("curl")
    fp.register([str(folder / "curl"), "--version"], stdout="hello")
    with pytest.raises(HarnessError, match="tells no version; it printed 'hello'"):
        programs.provide(make_need("programs", programs=[CURL]))


@pytest.mark.parametrize(
    ("version", "minimum", "enough"),
    [
        ("7.76", "7.76", True),
        ("7.76.0", "7.76", True),
        ("7.76", "7.76.1", False),
        ("7.100", "7.76", True),
        ("8", "7.76", True),
        ("7.9", "7.76", False),
    ],
)
def test_versions_are_compared_as_numbers(version, minimum, enough):
    assert programs.at_least(version, minimum) is enough


def test_the_key_follows_the_program(make_need, programs_on_path):
    folder = programs_on_path("curl")
    need = make_need("programs", programs=[CURL])
    before = programs.key(need)
    assert programs.key(need) == before
    (folder / "curl").write_text("#!/bin/sh\n# another\n")
    assert programs.key(need) != before


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        ("manager/shims/ruby", "manager"),
        ("opt/ruby/bin/ruby", "opt/ruby"),
        ("alone/bin/ruby", "alone/bin"),
        ("home/.local/bin/ruby", "home/.local/bin"),
    ],
)
def test_a_program_is_shown_with_what_it_reads_and_no_more(tmp_path, monkeypatch, program, shown):
    (tmp_path / "opt/ruby/lib").mkdir(parents=True)
    (tmp_path / "home/.local/lib").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert programs._installation(tmp_path / program) == tmp_path / shown
