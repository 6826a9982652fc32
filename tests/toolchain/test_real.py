"""The real thing: the toolchains of this project's own clients, kept where `sampleproof run` keeps them."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.model import build
from harness.toolchain.cache import made_state
from harness.toolchain.node import misfits
from harness.toolchain.ready import prepare, prepare_all

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clients():
    problems = []
    folders = [ROOT / "samples" / name for name in ("python", "javascript", "curl")]
    found = [build.client(folder, f"samples/{folder.name}", problems) for folder in folders]
    assert problems == []
    return {client.name: client for client in found}


@pytest.fixture(scope="module")
def ready(clients):
    return prepare_all(clients.values(), ROOT, made_state(ROOT), print)


def test_python_imports_exactly_what_is_pinned(ready):
    code = (
        "import sys, azure.ai.inference as library, importlib.metadata as metadata\n"
        "names = sorted(d.metadata['Name'].lower() for d in metadata.distributions())\n"
        "print(library.__version__, *names)"
    )
    done = subprocess.run(
        [ready["python"].words["python"], "-c", code], capture_output=True, text=True, check=True
    )
    version, *names = done.stdout.split()
    assert version == ready["python"].versions["azure-ai-inference"]
    lock = (ROOT / "samples/python/requirements.txt").read_text()
    pinned = re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)
    assert [name.replace("_", "-") for name in names] == sorted(pinned)
    assert "pytest" not in names


def test_node_finds_the_pinned_packages_beside_the_samples(ready):
    code = (
        "import {pathToFileURL} from 'node:url';"
        "const found = import.meta.resolve('@azure-rest/ai-inference');"
        "await import('@azure/core-sse'); await import('@azure/core-auth');"
        "console.log(JSON.stringify([process.versions.node, found]));"
    )
    done = subprocess.run(
        [ready["javascript"].words["node"], "--input-type=module", "-e", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "samples/javascript",
    )
    version, found = json.loads(done.stdout)
    assert version == ready["javascript"].versions["node"]
    assert misfits(version, {"@azure/core-sse": ">=22.0.0"}) == []
    assert os.environ["SAMPLEPROOF_CACHE_DIR"] in found
    assert done.stderr == ""


def test_curl_can_keep_the_body_of_an_error(ready):
    done = subprocess.run(
        [ready["curl"].words["curl"], "--fail-with-body", "--version"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert ready["curl"].versions["curl"] in done.stdout


def test_every_path_is_absolute_and_there(ready):
    for found in ready.values():
        for path in (*found.words.values(), *found.path, *found.libraries, *found.beside.values()):
            assert Path(path).is_absolute()
            assert Path(path).exists()


def test_a_second_call_starts_no_program(fp, clients, ready):
    for name, client in clients.items():
        found = prepare(client, ROOT, made_state(ROOT), lambda _: pytest.fail("installed again"))
        assert found == ready[name]
