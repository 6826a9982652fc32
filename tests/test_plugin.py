"""`pytest --samples` does what pytest's users expect."""

import shlex
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest


@pytest.fixture
def samples(first_samples, tmp_path):
    def call(*arguments, project=None):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--samples"]
        done = subprocess.run(
            [
                *command,
                "--samples-project",
                str(project or first_samples),
                *arguments,
                "--rootdir",
                str(tmp_path),
                str(tmp_path),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return call


@pytest.fixture
def broken(first_samples, tmp_path_factory):
    """A copy whose cURL samples ask for something else; it shares this clone's toolchains."""
    import shutil

    copy = tmp_path_factory.mktemp("broken")
    shutil.copytree(first_samples, copy, symlinks=True, dirs_exist_ok=True)
    for path in (copy / "samples/curl").glob("*.sh"):
        path.write_text(path.read_text().replace("helpful", "unhelpful"))
    return copy


def test_one_item_per_cell_named_by_its_id(samples, tmp_path):
    code, output = samples("-v", f"--junitxml={tmp_path}/junit.xml")
    assert code == 0
    assert "9 passed" in output
    assert "samples/python/basic.py::python/basic PASSED" in output
    names = {case.get("name") for case in ET.parse(tmp_path / "junit.xml").iter("testcase")}
    assert {"python/basic", "curl/streaming"} < names


def test_k_chooses(samples):
    code, output = samples("-k", "curl and not streaming")
    assert code == 0
    assert "2 passed, 7 deselected" in output


def test_a_failure_is_explained_without_traceback(samples, broken, tmp_path):
    code, output = samples("-k", "curl/basic", project=broken)
    assert code == 1
    assert "request.body: the request differs from the scenario at $.messages[0].content" in output
    assert "Traceback" not in output
    rerun = shlex.split(output.partition("rerun: ")[2].splitlines()[0])
    done = subprocess.run(rerun, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "curl/basic  fail" in done.stdout


def test_x_stops(samples, broken):
    code, output = samples("-x", "-k", "curl", project=broken)
    assert code == 1
    assert "1 failed, 6 deselected" in output


def test_xdist_shares_them_out(samples):
    code, output = samples("-n", "2", "-k", "curl")
    assert code == 0
    assert "3 passed" in output


def test_no_cell_is_an_error(samples):
    code, output = samples("-k", "nothing-of-this-name")
    assert code == 5
    assert "9 deselected" in output


def test_a_project_that_is_none_is_an_error(samples, tmp_path):
    code, output = samples(project=tmp_path / "absent")
    assert code == 4
    assert "absent is no project: it has no samples/catalog.yaml" in output


def test_a_rootdir_in_no_project_is_an_error(tmp_path, copy_first_samples):
    (tmp_path / "one").mkdir()
    copy_first_samples(tmp_path / "one")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--samples", "."]
    done = subprocess.run(
        [*command, "--rootdir", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert f"there is a project in {tmp_path}/one: name it with --samples-project" in done.stderr
    assert "name one with --samples-project DIR" in done.stderr


def test_a_model_that_is_none_is_told_by_the_option_of_pytest(samples):
    code, output = samples("--samples-model", "Phi-4")
    assert code == 4
    assert "--samples-model: there is no 'Phi-4'" in output


def test_without_the_option_nothing_of_the_harness_is_imported(tmp_path):
    (tmp_path / "test_x.py").write_text(
        "import sys\ndef test(): assert not [m for m in sys.modules if m.startswith('harness.') and m != 'harness.plugin']\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout


@pytest.fixture
def inside(first_samples):
    """Calls pytest in the project itself, as its users do."""

    def call(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--samples", *arguments],
            cwd=first_samples,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return call


@pytest.mark.parametrize(
    ("named", "passed"),
    [
        (["samples/curl/basic.sh::curl/basic"], ["curl/basic"]),
        (["samples/python/basic.py", "samples/curl/basic.sh"], ["python/basic", "curl/basic"]),
        (["samples/curl"], ["curl/basic", "curl/multi_turn", "curl/streaming"]),
        (["samples/curl", "-k", "streaming"], ["curl/streaming"]),
        (["samples/curl/basic.sh", "-n", "1"], ["curl/basic"]),
    ],
    ids=" ".join,
)
def test_samples_named_on_the_command_line_run_alone(inside, named, passed):
    code, output = inside("-v", *named)
    assert code == 0, output
    assert f"{len(passed)} passed" in output
    for name in passed:
        assert f"::{name}" in output


def test_a_sample_is_not_imported_as_a_test_is(inside, first_samples):
    code, output = inside("--collect-only", "samples/python")
    assert code == 0
    assert "SampleItem python/basic" in output.replace("<", "").replace(">", "")
    assert "Module" not in output
    assert not (first_samples / "samples/python/__pycache__").exists()


def test_an_id_that_is_none_is_an_error(inside):
    code, output = inside("samples/curl/basic.sh::curl/gone")
    assert code == 4
    assert "not found" in output


def test_what_is_wrong_with_the_project_is_told_with_xdist_too(samples, tmp_path):
    code, output = samples("-n", "2", project=tmp_path / "absent")
    assert code == 4
    assert "is no project" in output


def test_a_client_that_cannot_be_read_fails_its_own_items(samples, broken):
    path = broken / "samples/curl/client.yaml"
    path.write_text(path.read_text("utf-8").replace("suffix:", "sufix:"), "utf-8")
    code, output = samples("-k", "basic", project=broken)
    assert code == 1, output
    assert "1 failed, 2 passed" in output
    assert "samples/curl/client.yaml:" in output
    assert "sufix: this key is not known" in output
    assert "Traceback" not in output


def test_a_scenario_that_cannot_be_read_fails_its_own_items(samples, broken):
    path = broken / "samples/scenarios/streaming.yaml"
    path.write_text(path.read_text("utf-8").replace("messages:", "mesages:"), "utf-8")
    code, output = samples("-k", "python", project=broken)
    assert code == 1, output
    assert "1 failed, 2 passed" in output
    assert "mesages: this key is not known" in output
