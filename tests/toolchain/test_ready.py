import json
import os
import shutil
from pathlib import Path

import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.toolchain import python, ready
from harness.toolchain.manifest import Condition
from harness.toolchain.ready import prepare, prepare_all
from tests.toolchain import fakes


@pytest.fixture
def prepared(root_of):
    def run(need):
        return prepare(need.client, root_of(need), need.state, need.announce, need.node)

    return run


@pytest.fixture
def node_need(fp, make_need, programs_on_path):
    folder = programs_on_path("node", "npm")
    fakes.node_tells(fp, folder / "node", "24.0.0")
    fp.register([str(folder / "npm"), "ci", fp.any()])
    return make_need("node")


def test_a_second_call_starts_no_program(fp, make_need, prepared):
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = prepared(need)
    started = len(fp.calls)
    assert prepared(need) == first
    assert len(fp.calls) == started
    assert len(make_need.said) == 1


def test_a_second_call_for_node_starts_no_program(fp, node_need, prepared):
    first = prepared(node_need)
    started = len(fp.calls)
    assert prepared(node_need) == first
    assert len(fp.calls) == started


def test_the_digest_follows_the_lock(fp, make_need, prepared):
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = prepared(need)
    (need.folder / "requirements.txt").write_text(f"other==1 --hash=sha256:{'0' * 64}\n")
    fakes.uv_makes_environment(fp)
    assert prepared(need).digest != first.digest


def test_an_environment_that_vanished_is_made_again(fp, make_need, prepared):
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = prepared(need)
    shutil.rmtree(need.toolchains / "python")
    fakes.uv_makes_environment(fp)
    again = prepared(need)
    assert again.words == first.words
    assert Path(again.words["python"]).exists()


def test_a_package_that_was_edited_is_installed_again_and_the_user_told(fp, make_need, prepared):
    need = make_need()
    fakes.uv_makes_environment(fp)
    folder = python.place(need)
    first = prepared(need)
    (folder / "bin/python").write_text("print('debugging')")
    fakes.uv_makes_environment(fp)
    again = prepared(need)
    assert (folder / "bin/python").read_text() == ""
    assert again.digest != first.digest
    assert make_need.said[1] == (
        f"{folder} is damaged (bin/python is not as it was installed); installing it anew …"
    )


def test_a_change_that_is_no_damage_gives_another_digest(fp, make_need, prepared):
    """As where the times of a file were put back, or Python has compiled a module."""
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = prepared(need)
    compiled = python.place(need) / "bin/__pycache__/x.pyc"
    fakes.touch(compiled)
    noted = prepared(need)
    assert noted.digest != first.digest
    times = compiled.stat()
    compiled.write_text("")
    os.utime(compiled, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert prepared(need).digest != noted.digest


def test_packages_that_do_not_stay_are_an_error(fp, make_need, prepared, monkeypatch):
    need = make_need()
    fakes.uv_makes_environment(fp)
    monkeypatch.setattr(ready, "condition", lambda *_: Condition("it is gone", b""))
    with pytest.raises(HarnessError, match="does not stay as it was installed"):
        prepared(need)


def test_a_base_python_that_vanished_gets_another_environment(fp, make_need, prepared):
    need = make_need()
    fakes.uv_makes_environment(fp)
    python = Path(prepared(need).words["python"])
    python.unlink()
    python.symlink_to("/no/such/python")
    fakes.uv_makes_environment(fp)
    prepared(need)
    assert python.exists()


def test_a_node_that_vanished_is_replaced_by_the_pinned_one(fp, node_need, prepared):
    first = prepared(node_need)
    Path(first.words["node"]).unlink()
    fakes.uv_brings_node(fp)
    again = prepared(node_need)
    assert again.words["node"].startswith(str(node_need.toolchains))
    assert again.digest != first.digest


def test_a_pinned_node_that_vanished_is_installed_again(fp, make_need, prepared, programs_on_path):
    programs_on_path()
    need = make_need("node")
    fakes.uv_brings_node(fp)
    fp.register([fp.any()])  # npm, by that node
    first = prepared(need)
    Path(first.words["node"]).unlink()
    fakes.uv_brings_node(fp)
    assert prepared(need).words == first.words
    assert Path(first.words["node"]).exists()


def test_a_node_that_vanished_and_cannot_be_had_again_is_an_error(fp, node_need, prepared):
    first = prepared(node_need)
    Path(first.words["node"]).unlink()
    fp.register([fp.any()], returncode=2, stderr="error: Failed to fetch: x\n  cause: dns error")
    with pytest.raises(HarnessError, match="installing Node") as caught:
        prepared(node_need)
    assert "check the network" in caught.value.remedy


def test_a_link_that_vanished_is_made_again(fp, node_need, prepared):
    prepared(node_need)
    (node_need.folder / "node_modules").unlink()
    prepared(node_need)
    assert (node_need.folder / "node_modules").is_symlink()


def test_a_real_folder_in_place_of_the_link_is_an_error(fp, node_need, prepared):
    prepared(node_need)
    (node_need.folder / "node_modules").unlink()
    (node_need.folder / "node_modules").mkdir()
    with pytest.raises(HarnessError, match="is a real folder"):
        prepared(node_need)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"words": 1}'])
def test_a_damaged_stamp_is_not_believed(fp, make_need, prepared, damage):
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = prepared(need)
    (stamp,) = (need.state / "ready").glob("*.json")
    stamp.write_bytes(damage)
    fakes.uv_makes_environment(fp)
    assert prepared(need) == first
    assert stamp.read_bytes() != damage


def elsewhere(ready):
    return {"installed": dict.fromkeys(["/root/.m2"], "")}


def climbing(ready):
    (folder,) = ready["installed"]
    return {"installed": {f"{folder}/../../../../..": ""}}


def other_words(ready):
    return {"words": {"python": "/bin/sh"}}


def other_modules(ready):
    return {"beside": {"node_modules": "/root/.m2"}}


@pytest.mark.parametrize("change", [elsewhere, climbing, other_words, other_modules])
def test_a_stamp_that_names_what_was_not_installed_is_not_believed(fp, make_need, prepared, change):
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = prepared(need)
    (stamp,) = (need.state / "ready").glob("*.json")
    planted = json.loads(stamp.read_bytes())
    stamp.write_text(json.dumps(planted | change(planted)))
    assert prepared(need) == first


def test_a_stamp_behind_a_link_is_not_believed(fp, make_need, prepared, tmp_path):
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = prepared(need)
    (stamp,) = (need.state / "ready").glob("*.json")
    stamp.rename(tmp_path / "theirs")
    before = (tmp_path / "theirs").read_bytes()
    stamp.symlink_to(tmp_path / "theirs")
    assert prepared(need) == first
    assert not stamp.is_symlink()
    assert (tmp_path / "theirs").read_bytes() == before


def test_packages_behind_a_link_are_installed_anew(fp, make_need, prepared, tmp_path):
    need = make_need()
    fakes.uv_makes_environment(fp)
    prepared(need)
    folder = python.place(need)
    folder.rename(tmp_path / "theirs")
    folder.symlink_to(tmp_path / "theirs")
    fakes.uv_makes_environment(fp)
    prepared(need)
    assert not folder.is_symlink()
    assert (tmp_path / "theirs/bin/python").exists()


def test_a_clone_finds_what_was_installed_for_another(fp, make_need, prepared, tmp_path):
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = prepared(need)
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "project", copy)
    ready = prepare(need.client, copy, need.state.with_name("copy"), need.announce)
    assert ready.words == first.words
    assert len(make_need.said) == 1


def test_programs_count_beside_a_language(fp, make_need, prepared, programs_on_path):
    folder = programs_on_path("jq")
    need = make_need(programs=[{"name": "jq"}])
    fakes.uv_makes_environment(fp)
    fp.register([str(folder / "jq"), "--version"], stdout="jq-1.7")
    ready = prepared(need)
    assert set(ready.words) == {"python", "jq"}
    assert ready.versions["jq"] == "1.7"


def test_one_clients_trouble_is_not_anothers(fp, make_need, root_of, programs_on_path):
    folder = programs_on_path("curl")
    good = make_need("programs", programs=[{"name": "curl"}], name="curl")
    bad = make_need("programs", programs=[{"name": "missing"}], name="bad")
    fp.register([str(folder / "curl"), "--version"], stdout="curl 8.0.0")
    found = prepare_all([good.client, bad.client], root_of(good), good.state, lambda _: None)
    assert found["curl"].versions == {"curl": "8.0.0"}
    assert isinstance(found["bad"], HarnessError)
    assert "missing is not on the PATH" in found["bad"].message


def test_a_fault_in_a_lock_is_the_users_whoever_else_is_fine(make_need, root_of):
    need = make_need("node")
    (need.folder / "package.json").unlink()
    with pytest.raises(InvalidError, match=r"samples/javascript/package\.json: cannot be read"):
        prepare_all([need.client], root_of(need), need.state, lambda _: None)


def test_a_project_that_cannot_be_written_is_named(make_need, prepared):
    need = make_need()
    need.state.parent.mkdir(parents=True)
    need.state.write_text("a file is in the way")
    with pytest.raises(HarnessError, match=r"cache/projects/project is no folder") as caught:
        prepared(need)
    assert caught.value.remedy == f"look what it is, then run: rm {need.state}"
