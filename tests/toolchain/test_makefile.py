"""What `make` says when something is missing, and that it does nothing twice."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def make(tmp_path):
    """Runs make in a folder with this project's Makefile, and with `python3` as given."""
    clone = tmp_path / "clone"
    tools = tmp_path / "tools"
    tools.mkdir()
    clone.mkdir()
    (clone / "requirements").mkdir()
    shutil.copy(ROOT / "Makefile", clone)
    for name in ("requirements/uv.txt", "requirements/run.txt", "pyproject.toml"):
        (clone / name).touch()
    for name in ("sh", "awk", "rm", "touch", "printf", "find", "mkdir", "chmod", "sleep"):
        (tools / name).symlink_to(shutil.which(name))

    def run(*arguments: str, python: str | None = None) -> subprocess.CompletedProcess[str]:
        if python is not None:
            script(tools / "python3", python)
        return subprocess.run(
            [shutil.which("make"), *arguments],
            cwd=clone,
            env={"PATH": str(tools), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    run.clone = clone
    return run


def fake_python(version: str, *, venv: bool = True) -> str:
    """A Python that makes an environment with a Python and tools that only take notes."""
    major, minor = version.split(".")
    return f"""
case "$*" in
*print*) echo {version} ;;
*version_info*) [ {major} -gt 3 ] || [ {minor} -ge 11 ] ;;
*ensurepip*) {"exit 0" if venv else "echo No module named ensurepip >&2; exit 1"} ;;
*-m*venv*)
  echo made >>log; rm -rf .venv; mkdir -p .venv/bin
  for name in python uv sampleproof; do
    {{ echo '#!/bin/sh'; echo 'echo "$0 $*" >>log'; echo 'case "$*" in *realpath*) echo "$PWD/.venv/bin/python" ;; esac'; }} >.venv/bin/$name
    chmod +x .venv/bin/$name
  done ;;
esac
"""


def test_help_is_the_default_and_names_every_target(make):
    done = make()
    assert done.returncode == 0
    text = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()) - {"stale"}
    assert set(re.findall(r"^  ([a-z-]+) ", done.stdout, re.MULTILINE)) == targets
    assert done.stdout == make("help").stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_a_missing_python_is_named_with_its_remedy(make):
    done = make("test-samples")
    assert done.returncode != 0
    assert "There is no python3 here. Install Python 3.11 or newer" in done.stderr


def test_an_old_python_is_named_with_its_remedy(make):
    done = make("test-samples", python=fake_python("3.9"))
    assert done.returncode != 0
    assert "python3 is Python 3.9; 3.11 or newer is needed. Name one: make PYTHON=" in done.stderr
    assert not (make.clone / ".venv").exists()


def test_a_python_that_does_not_start_is_named(make):
    done = make("test-samples", python="exit 127")
    assert "python3 does not start. Name another Python" in done.stderr


def test_a_missing_venv_module_is_named_with_its_remedy(make):
    done = make("test-samples", python=fake_python("3.12", venv=False))
    assert done.returncode != 0
    assert "sudo apt-get install python3.12-venv" in done.stderr
    assert "Traceback" not in done.stderr


def test_everything_is_installed_once_with_hashes(make):
    done = make("test-samples", python=fake_python("3.12"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Making .venv/ with Python 3.12\nInstalling the harness into .venv/\n"
    log = (make.clone / "log").read_text()
    assert "pip install --quiet" in log
    assert "--require-hashes -r requirements/uv.txt" in log
    install = "--system-certs pip install --compile-bytecode --python .venv/bin/python"
    assert f"{install} --require-hashes -r" in log
    assert "requirements/dev.txt" not in log, "running samples needs no development tools"
    assert log.endswith(".venv/bin/sampleproof run\n")


def test_the_command_is_told_of_ci(make):
    make("test-samples", python=fake_python("3.12"))
    script(make.clone / ".venv/bin/sampleproof", 'echo "CI=$CI" >>log')
    make("test-samples", "CI=true")
    assert (make.clone / "log").read_text().endswith("\nCI=true\n")


def test_a_second_call_starts_nothing_but_the_command(make):
    make("test-samples", python=fake_python("3.12"))
    (make.clone / "log").unlink()
    assert make("test-samples", python="echo started >>log").stdout == ""
    assert (make.clone / "log").read_text() == ".venv/bin/sampleproof run\n"


def test_a_changed_lock_is_installed_into_the_same_environment(make):
    make("test-samples", python=fake_python("3.12"))
    (make.clone / "log").unlink()
    later = (make.clone / ".venv/run.stamp").stat().st_mtime + 5
    os.utime(make.clone / "requirements/run.txt", (later, later))
    make("test-samples")
    log = (make.clone / "log").read_text()
    assert "requirements/run.txt" in log
    assert "made" not in log


@pytest.mark.parametrize("change", ["moved", "vanished", "other"])
def test_an_environment_that_no_longer_fits_is_made_anew(make, change, tmp_path):
    make("test-samples", python=fake_python("3.12"))
    (make.clone / "log").unlink()
    python = make.clone / ".venv/bin/python"
    if change == "moved":
        made = make.clone / ".venv/made.mk"
        made.write_text(made.read_text().replace(str(make.clone), "/elsewhere", 1))
    else:
        python.unlink()
        python.symlink_to("/no/such/python" if change == "vanished" else tmp_path / "tools/sleep")
    done = make("test-samples")
    assert done.returncode == 0
    assert (make.clone / "log").read_text().startswith("made\n")
    assert not python.is_symlink()


def test_a_failed_installation_is_tried_again(make):
    broken = fake_python("3.12").replace('echo \'case "$*"', "echo 'exit 1'; echo 'case \"$*\"")
    assert make("test-samples", python=broken).returncode != 0
    assert not (make.clone / ".venv/run.stamp").exists()
    assert make("test-samples", python=fake_python("3.12")).returncode == 0


def test_two_targets_at_once_install_once(make):
    (make.clone / "requirements/dev.txt").touch()
    done = make("-j4", "test-samples", "test", "render", python=fake_python("3.12"))
    assert (done.returncode, done.stderr) == (0, "")
    log = (make.clone / "log").read_text()
    assert log.count("made") == 1
    assert log.count("requirements/run.txt") == 1


def test_clean_leaves_what_is_the_users_own(make):
    samples = make.clone / "samples/javascript"
    (samples / "node_modules").mkdir(parents=True)
    (make.clone / "build").mkdir()
    assert make("clean").returncode == 0
    assert (samples / "node_modules").exists()
    assert not (make.clone / "build").exists()
    (samples / ".gitignore").write_text("/.gitignore\n/node_modules\n")  # as a run leaves it
    assert make("clean").returncode == 0
    assert not (samples / ".gitignore").exists()
    (samples / ".gitignore").write_text("mine\n")
    assert make("clean").returncode == 0
    assert (samples / ".gitignore").exists()


def test_every_lock_has_hashes_and_names_no_place():
    for name in (
        "requirements/run.txt",
        "requirements/dev.txt",
        "requirements/uv.txt",
        "harness/toolchain/node.txt",
        "samples/python/requirements.txt",
    ):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9.-]+==\S+(?: ; .*)? \\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)), name
        assert not re.search(r"https?:|--index-url|/tmp|/home|/root", text), name
    text = (ROOT / "samples/javascript/package-lock.json").read_text()
    assert "resolved" not in text
    assert "integrity" in text


def test_the_dev_lock_holds_the_run_lock():
    pins = [
        set(
            re.findall(
                r"^[a-z0-9.-]+==\S+", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE
            )
        )
        for name in ("run", "dev")
    ]
    assert pins[0] < pins[1]
