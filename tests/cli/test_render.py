"""What `render --check` says of each kind of stale sample."""

import shutil

import pytest

from harness.cli.main import invoke


@pytest.fixture
def copy(root, tmp_path):
    ignored = shutil.ignore_patterns("node_modules", "__pycache__")
    shutil.copytree(root / "samples", tmp_path / "samples", ignore=ignored)
    return tmp_path


@pytest.fixture
def check(copy, capsys):
    def call():
        code = invoke(["render", "--check", "--project", str(copy)])
        return code, *capsys.readouterr()

    return call


def test_a_changed_sample_is_mended_by_rendering(copy, check):
    (copy / "samples/python/basic.py").write_text("print()\n")
    code, out, err = check()
    assert code == 4
    assert out == "samples/python/basic.py: is not what its scenario and template give\n"
    assert err == f"stale samples: 1; render them with: sampleproof render --project {copy}\n"


def test_a_leftover_is_not_said_to_be_mended_by_rendering(copy, check):
    (copy / "samples/python/extra.py").touch()
    code, out, err = check()
    assert code == 4
    assert (
        out == "samples/python/extra.py: comes from no scenario; remove it, or add its scenario\n"
    )
    assert err == "stale samples: 1\n"


def test_rendering_leaves_a_leftover_and_says_so(copy, capsys, whole_project):
    (copy / "samples/python/extra.py").touch()
    (copy / "samples/curl/basic.sh").unlink()
    assert invoke(["render", "--project", str(copy)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote samples/curl/basic.sh",
        "samples/python/extra.py: comes from no scenario; remove it, or add its scenario",
        f"{len(list(whole_project.cells()))} samples are fresh.",
    ]
    assert (copy / "samples/python/extra.py").exists()


def test_fresh_samples_are_said_to_be_fresh(check, whole_project):
    assert check() == (0, f"{len(list(whole_project.cells()))} samples are fresh.\n", "")
