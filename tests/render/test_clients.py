import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"


def test_no_python_sample_can_shadow_the_standard_library(project):
    names = {name for name in sys.stdlib_module_names if re.fullmatch("[a-z][a-z0-9_]*", name)}
    assert names - project.clients["python"].reserved == set()


def test_no_python_sample_can_shadow_a_locked_package(project):
    lock = (SAMPLES / "python/requirements.txt").read_text()
    packages = re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)
    assert "azure-ai-inference" in packages
    modules = {
        "azure" if name.startswith("azure-") else name.replace("-", "_").lower()
        for name in packages
    }
    assert modules - project.clients["python"].reserved == set()


def test_the_python_samples_are_as_ruff_would_leave_them():
    files = sorted(map(str, (SAMPLES / "python").glob("*.py")))
    for command in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", *files],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted((SAMPLES / "curl").glob("*.sh")), ids=lambda p: p.name)
def test_bash_can_read_the_shell_samples(path):
    done = subprocess.run(["bash", "-n", path], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", ["basic", "multi_turn", "streaming"])
def test_every_sample_takes_its_token_from_the_environment(project, name):
    token = project.catalog.endpoint.token
    for client in project.clients.values():
        text = (SAMPLES / client.name / f"{name}{client.suffix}").read_text()
        assert text.count(token) == 1
