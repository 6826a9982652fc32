"""The package carries a project, and what it installs works on its own."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness import __version__
from harness.toolchain.uv import find_uv

ROOT = Path(__file__).parents[2]


def uv(*arguments: str | Path) -> None:
    command = [find_uv(), "--quiet", "--system-certs", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    uv("venv", "--no-project", "--python", sys.executable, folder)
    into = ("pip", "install", "--python", folder / "bin/python")
    uv(*into, "--require-hashes", "-r", ROOT / "requirements/run.txt")
    uv(*into, "--no-deps", wheel)
    return folder / "bin"


def test_the_wheel_carries_every_committed_sample_and_nothing_else(wheel):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "samples"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    expected = {f"harness/_project/{line}" for line in listed.stdout.splitlines()}
    names = zipfile.ZipFile(wheel).namelist()
    assert {name for name in names if name.startswith("harness/_project/")} == expected
    assert "harness/_project/samples/javascript/package-lock.json" in names
    assert "harness/_project/samples/python/basic.py" in names


def test_the_wheel_carries_the_harness_and_its_data_alone(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "harness/toolchain/node.txt" in names
    assert "harness/py.typed" in names
    assert f"sampleproof-{__version__}.dist-info/licenses/LICENSE" in names
    assert {name.split("/")[0] for name in names} == {
        "harness",
        f"sampleproof-{__version__}.dist-info",
    }
    assert [name for name in names if "__pycache__" in name or "node_modules" in name] == []


def test_an_installed_package_works_on_its_own(installed, tmp_path):
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for words, expected in ((["--version"], __version__), (["list", "--demo"], "python/basic")):
        done = subprocess.run(
            [installed / "sampleproof", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert expected in done.stdout


@pytest.mark.parametrize(
    "words",
    [["run"], ["check"], ["render", "--check"], ["docs", "check"], ["list"], ["doctor"], ["serve"]],
    ids=" ".join,
)
def test_an_installed_package_is_no_project_to_those_who_have_none(installed, tmp_path, words):
    done = subprocess.run(
        [installed / "sampleproof", *words],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert f"error: {tmp_path} is in no project: neither it nor a folder above it" in done.stderr
    assert "/sampleproof run --demo runs the samples that come with it\n" in done.stderr


def test_an_installed_package_is_never_written_to(installed, tmp_path):
    code = (
        "from harness.model.root import BUNDLED, demo\n"
        "from harness.toolchain.state import workspace\n"
        "root = demo(); assert root == BUNDLED, root; print(workspace(root))"
    )
    done = subprocess.run(
        [installed / "python", "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(str(tmp_path))
    assert Path(done.stdout.strip(), "samples/catalog.yaml").is_file()
