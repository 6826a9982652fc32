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


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_changed_scenario_is_mended_by_rendering(copy, check):
    (copy / "samples/python/basic.py").write_text("print()\n")
    assert invoke(["render", "--force", "--project", str(copy)]) == 0
    edit(copy / "samples/python/sample.py.j2", "token = ", "key = ")
    edit(copy / "samples/python/sample.py.j2", "(token)", "(key)")
    check()
    code, out, err = check()
    assert code == 4
    assert "samples/python/basic.py: is not what its scenario and template give\n" in out
    assert "by hand" not in out
    assert "; render them with: sampleproof render --project" in err
    assert invoke(["render", "--project", str(copy)]) == 0
    assert check()[0] == 0


BY_HAND = "was written or changed by hand"


def test_what_somebody_wrote_is_not_replaced(copy, check, capsys):
    ours = copy / "samples/curl/basic.sh"
    path = copy / "samples/python/basic.py"
    mine = path.read_text("utf-8").replace("import os\n", "import os  # mine\nimport sys\n")
    path.write_text(mine, "utf-8")
    edit(copy / "samples/scenarios/basic.yaml", "France?", "Spain?")
    before = ours.read_bytes()
    assert invoke(["render", "--project", str(copy)]) == 2
    assert path.read_text("utf-8") == mine
    assert ours.read_bytes() == before, "nothing is written, or half of it would be"
    said = capsys.readouterr().err
    assert f"samples/python/basic.py: {BY_HAND}: replacing it would cost lines: -3 +2" in said
    assert f"replace it with: sampleproof render --project {copy} --force" in said
    assert "curl" not in said
    code, out, _ = check()
    assert code == 4
    assert f"samples/python/basic.py: {BY_HAND}; take it into the scenario" in out
    assert invoke(["render", "--force", "--project", str(copy)]) == 0
    assert "mine" not in path.read_text("utf-8")
    capsys.readouterr()
    assert check()[0] == 0


def test_a_file_that_was_there_first_is_not_replaced(copy):
    """As where somebody names a scenario like a sample that they have written."""
    for kind in ("scenarios", "recordings"):
        text = (copy / f"samples/{kind}/basic.yaml").read_text("utf-8")
        (copy / f"samples/{kind}/mine.yaml").write_text(
            text.replace("scenario: basic", "scenario: mine"), "utf-8"
        )
    (copy / "samples/curl/mine.sh").write_text("echo mine\n")
    assert invoke(["render", "--project", str(copy)]) == 2
    assert (copy / "samples/curl/mine.sh").read_text() == "echo mine\n"
    assert not (copy / "samples/python/mine.py").exists()


def test_after_a_merge_either_side_is_known(copy):
    noted = copy / "samples/generated.sha256"
    ours = noted.read_text()
    edit(copy / "samples/scenarios/basic.yaml", "France?", "Spain?")
    assert invoke(["render", "--project", str(copy)]) == 0
    theirs = noted.read_text()
    noted.write_text(f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n")
    edit(copy / "samples/scenarios/basic.yaml", "Spain?", "Italy?")
    assert invoke(["render", "--project", str(copy)]) == 0
    assert "<<<" not in noted.read_text()


def test_a_clone_that_lacks_what_was_written_is_stale_and_mended(copy, check):
    noted = copy / "samples/generated.sha256"
    whole = noted.read_bytes()
    noted.unlink()
    code, out, _ = check()
    assert (code, out) == (4, "samples/generated.sha256: lacks what was written last\n")
    assert invoke(["render", "--project", str(copy)]) == 0
    assert set(noted.read_bytes().splitlines()) <= set(whole.splitlines())
    assert check()[0] == 0


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
