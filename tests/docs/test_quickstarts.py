"""The quickstarts, held to their word: what they show is cut out again, run, parsed and compared."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from quickstart import bash_sets, blocks, cmd_sets, powershell_sets

from harness.report import ndjson
from harness.toolchain import node, packages
from harness.toolchain.cache import made_state
from harness.toolchain.need import Need
from harness.toolchain.npm_lock import read_lock
from harness.toolchain.ready import prepare

PAGES = ["docs/quickstart.en.md", "docs/quickstart.fr.md"]
every_page = pytest.mark.parametrize("page", PAGES, indirect=True)


@every_page
def test_the_samples_cut_out_again_run_and_pass(page, root, whole_project, tmp_path):
    samples = [(block.file, block.text) for block in blocks(page) if block.file]
    # For each scenario, every client's, in the same order everywhere.
    cells = list(whole_project.cells())
    assert [file for file, _ in samples] == [Path(cell.path).name for cell in cells]
    shutil.copytree(root / "samples", tmp_path / "samples", symlinks=True)
    for cell, (_, text) in zip(cells, samples, strict=True):
        path = tmp_path / cell.path
        path.unlink()
        path.write_bytes(text.encode())
    words = ["run", "--no-cache", "--project", tmp_path, "--report", "out"]
    done = subprocess.run(
        [sys.executable, "-m", "harness", *words],
        cwd=tmp_path,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "PYTHONPATH": root,
            "SAMPLEPROOF_CACHE_DIR": os.environ["SAMPLEPROOF_CACHE_DIR"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = ndjson.read(tmp_path / "out" / ndjson.NAME)
    verdicts = {one["id"]: one["verdict"] for one in report if one["type"] == "cell"}
    assert verdicts == dict.fromkeys((cell.id for cell in cells), "pass")


@every_page
def test_every_shell_sets_the_same_variable_to_the_same(page, project):
    found = {block.language: block.text for block in reversed(blocks(page))}
    variable = project.catalog.endpoint.token
    assert bash_sets(found["bash"], variable) == "YOUR_TOKEN"
    assert powershell_sets(found["powershell"]) == (variable, "YOUR_TOKEN")
    assert cmd_sets(found["batch"]) == (variable, "YOUR_TOKEN")


@pytest.mark.parametrize(
    ("sets", "text"),
    [
        (powershell_sets, '$GITHUB_TOKEN = "YOUR_TOKEN"\n'),
        (powershell_sets, '$Env:GITHUB_TOKEN = "YOUR_$TOKEN"\n'),
        (powershell_sets, '$Env:GITHUB_TOKEN = "YOUR_TOKEN\n'),
        (powershell_sets, 'export GITHUB_TOKEN="YOUR_TOKEN"\n'),
        (cmd_sets, 'set GITHUB_TOKEN="YOUR_TOKEN"\n'),
        (cmd_sets, "set GITHUB_TOKEN=YOUR_TOKEN \n"),
        (cmd_sets, "set GITHUB_TOKEN = YOUR_TOKEN\n"),
        (cmd_sets, "set GITHUB_TOKEN=<YOUR_TOKEN>\n"),
        (cmd_sets, 'export GITHUB_TOKEN="YOUR_TOKEN"\n'),
    ],
)
def test_a_wrong_set_up_is_noticed(sets, text):
    try:
        found = sets(text)
    except (AssertionError, ValueError):
        return
    assert found != ("GITHUB_TOKEN", "YOUR_TOKEN")


def test_a_bash_set_up_that_programs_do_not_see_is_noticed():
    with pytest.raises(KeyError):
        bash_sets('GITHUB_TOKEN="YOUR_TOKEN"', "GITHUB_TOKEN")


@every_page
def test_what_is_installed_is_what_the_locks_pin(page, root):
    lines = [
        line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()
    ]
    installed = {
        line.split()[0]: line.split()[2:] for line in lines if line.split()[1] == "install"
    }
    wanted = (root / "samples/python/requirements.in").read_text().split()
    assert installed["pip"] == [Requirement(one).name for one in wanted]
    lock = (root / "samples/python/requirements.txt").read_text()
    assert all(f"\n{one} \\\n" in f"\n{lock}" for one in wanted)
    package = json.loads((root / "samples/javascript/package.json").read_bytes())
    assert installed["npm"] == list(package["dependencies"])
    locked = json.loads((root / "samples/javascript/package-lock.json").read_bytes())["packages"]
    for name, version in package["dependencies"].items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert ("npm pkg set type=module" in lines) == (package["type"] == "module")
    assert len(lines) == 3


@every_page
def test_the_versions_it_asks_for_are_the_oldest_that_do(page, root, project):
    python, javascript = project.clients["python"], project.clients["javascript"]
    ready = prepare(python, root, made_state(root), print)
    asked = [
        SpecifierSet(found[1].strip())
        for folder in ready.libraries
        for path in sorted((root / folder).glob("lib/python3*/site-packages/*.dist-info/METADATA"))
        if str(path).startswith(os.environ["SAMPLEPROOF_CACHE_DIR"])
        and (found := re.search(r"^Requires-Python: (.*)$", path.read_text("utf-8"), re.MULTILINE))
    ]
    minor = int(re.search(r"Python 3\.(\d+)", page)[1])
    assert asked
    assert all(f"3.{minor}.99" in one for one in asked)
    assert any(f"3.{minor - 1}.99" not in one for one in asked)

    need = Need(
        client=javascript,
        root=root,
        folder=(root / javascript.file).parent,
        state=root,
        announce=print,
    )
    wanted = packages.engines(read_lock(need))
    oldest = int(re.search(r"Node (\d+)", page)[1])
    assert not node.misfits(f"{oldest}.99.0", wanted)
    assert node.misfits(f"{oldest - 1}.99.0", wanted)

    (curl,) = (one for one in project.clients["curl"].toolchain.programs if one.name == "curl")
    assert f"version {curl.minimum} " in page


@every_page
def test_it_says_how_its_samples_run_against_what_is_alive(page, project):
    (name,) = re.findall(r"`\.venv/bin/sampleproof run --live (\S+)`", page)
    assert not project.catalog.endpoints[name].retired
    section = re.search(r'^> .*?["«]\s?([^"»]+?)\s?["»]', page, re.MULTILINE)[1]
    assert f"sampleproof run --live {name}" in page.partition(f"## {section}\n")[2]


@every_page
def test_models_endpoints_and_dates_are_those_of_the_data(page, project):
    catalog = project.catalog
    for model in catalog.models.values():
        assert f"- [{model.name}]({model.page})\n" in page
    for endpoint in catalog.endpoints.values():
        assert (f"`{endpoint.url}`" in page) == (endpoint.name != "own")
    assert f" {catalog.endpoint.retired}.**" in page
    for library in catalog.libraries.values():
        assert f" {library.retired}, " in page
    for tier in ("low", "high"):
        limits = catalog.limits[tier]
        assert f"| {limits.per_minute} | {limits.per_day} | " in page
