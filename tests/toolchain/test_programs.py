import os
import shutil

import pytest

from harness.model.problem import HarnessError
from harness.toolchain import programs
from harness.toolchain.need import Parts
from harness.toolchain.version import at_least, version_in

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


def test_what_is_behind_a_link_is_read_too(fp, make_need, programs_on_path, tmp_path):
    folder = programs_on_path()
    real = tmp_path / "opt/curl-8"
    real.parent.mkdir()
    real.write_text("#!/bin/sh\n")
    real.chmod(0o755)
    (folder / "curl").symlink_to(real)
    fp.register([str(folder / "curl"), "--version"], stdout="curl 8.1.0")
    parts = programs.provide(make_need("programs", programs=[CURL]))
    assert parts.libraries == (str(folder / "curl"), str(real))


@pytest.mark.parametrize("declared", [["curl", "jq"], ["jq", "curl"]])
def test_the_program_that_was_checked_is_the_one_that_samples_find(
    make_need, tmp_path, monkeypatch, declared
):
    folders = {"first": {"curl": "8.1"}, "second": {"curl": "7.9", "jq": "1.7"}}
    for folder, programs_in_it in folders.items():
        for name, version in programs_in_it.items():
            _write(tmp_path / folder / name, f"echo {name} {version}")
    monkeypatch.setenv("PATH", os.pathsep.join(str(tmp_path / folder) for folder in folders))
    parts = programs.provide(make_need("programs", programs=[{"name": name} for name in declared]))
    search = os.pathsep.join(parts.path)
    assert {name: shutil.which(name, path=search) for name in declared} == parts.words
    assert parts.versions == {"curl": "8.1", "jq": "1.7"}


def test_a_program_that_the_packages_bring_is_the_one_that_is_checked(
    make_need, tmp_path, monkeypatch
):
    _write(tmp_path / "packages/http", "echo 3.2.1")
    _write(tmp_path / "bin/http", "echo 1.0.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    parts = programs.provide(
        make_need("programs", programs=[{"name": "http"}]),
        [Parts(words={}, path=(str(tmp_path / "packages"),))],
    )
    assert parts.words == {"http": str(tmp_path / "packages/http")}
    assert parts.versions == {"http": "3.2.1"}


def _write(path, command):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def test_a_version_may_be_told_on_standard_error(make_need, programs_on_path):
    _write(programs_on_path("java") / "java", """echo 'openjdk version "17.0.1" 2021-10-19' >&2""")
    program = {"name": "java", "version": ["-version"], "minimum": "17"}
    assert programs.provide(make_need("programs", programs=[program])).versions == {
        "java": "17.0.1"
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('openjdk version "21" 2023-09-19', "21"),
        ("less 590 (GNU regular expressions)", "590"),
        ("jq-1.7.1", "1.7.1"),
        ("Copyright 2020\ntool 1.2", "1.2"),
        ("x86_64", None),
        ("hello", None),
    ],
)
def test_a_version_is_found_in_a_text(text, found):
    assert version_in(text) == found


def test_a_number_without_end_is_no_trouble():
    assert at_least(version_in("1" * 1_000_000), "2.0")


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
    ("given", "minimum", "enough"),
    [
        ("7.76", "7.76", True),
        ("7.76.0", "7.76", True),
        ("7.76", "7.76.1", False),
        ("7.100", "7.76", True),
        ("8", "7.76", True),
        ("7.9", "7.76", False),
    ],
)
def test_versions_are_compared_as_numbers(given, minimum, enough):
    assert at_least(given, minimum) is enough


def test_the_key_follows_the_program(make_need, programs_on_path):
    folder = programs_on_path("curl")
    need = make_need("programs", programs=[CURL])
    before = programs.key(need)
    assert programs.key(need) == before
    (folder / "curl").write_text("#!/bin/sh\n# another\n")
    assert programs.key(need) != before


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"stdout": "hello"}, "tells no version; it printed 'hello'"),
        ({"returncode": 1, "stderr": "touch: no"}, "tells no version; failed: asking"),
    ],
)
def test_words_that_tell_no_version_are_named_by_file_and_line(
    answer, why, fp, make_need, programs_on_path
):
    path = programs_on_path("curl") / "curl"
    need = make_need("programs", programs=[{"name": "curl", "version": ["-version"]}])
    file = need.root / need.client.file
    file.write_text("toolchain:\n  programs:\n    - name: curl\n      version: [-version]\n")
    fp.register([str(path), "-version"], **answer)
    with pytest.raises(HarnessError) as caught:
        programs.provide(need)
    named = f"{need.client.file}:4: {path} -version {why}"
    assert caught.value.message.startswith(named)
    assert "other words" in caught.value.remedy
