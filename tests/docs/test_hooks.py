"""The hooks for pre-commit, as pre-commit itself reads and runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

SCRIPTS = Path(sys.prefix) / "bin"


@pytest.fixture
def hooked(root, copy_first_samples, tmp_path):
    """A project of its own with these hooks, run by the command that is installed already."""
    copy_first_samples(tmp_path)
    (tmp_path / "page.md").write_text("# T\n")
    yaml = YAML(typ="safe")
    hooks = yaml.load((root / ".pre-commit-hooks.yaml").read_text())
    for hook in hooks:
        assert hook["language"] == "python"
        hook["language"] = "system"
        hook["entry"] = f"{sys.executable} -m harness{hook['entry'].removeprefix('sampleproof')}"
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    with (tmp_path / ".pre-commit-config.yaml").open("w") as file:
        yaml.dump(config, file)
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def run(folder, root):
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    here = {"PRE_COMMIT_HOME": str(folder / ".git/pre-commit"), "PYTHONPATH": str(root)}
    done = subprocess.run(
        [SCRIPTS / "pre-commit", "run", "--all-files", "--color=never"],
        cwd=folder,
        env=os.environ | here,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_neither_hook_passes_where_there_is_no_project(hooked, root):
    catalog = hooked / "samples/catalog.yaml"
    catalog.rename(catalog.with_suffix(".yml"))
    code, said = run(hooked, root)
    assert (code, said.count("Passed"), said.count("- exit code: 2")) == (1, 0, 2), said
    assert "catalog.yml: rename it to " in said


def test_what_is_in_no_commit_is_stopped(hooked, root):
    forget = ["git", "rm", "--cached", "-q", "samples/curl/basic.sh"]
    subprocess.run(forget, cwd=hooked, check=True)
    (hooked / ".gitignore").write_text("*.sh\n")
    code, said = run(hooked, root)
    assert (code, said.count("- exit code: 4")) == (1, 2), said
    assert said.count("samples/curl/basic.sh: git does not know it") == 2


def test_pre_commit_accepts_the_manifest(root):
    manifest = root / ".pre-commit-hooks.yaml"
    command = [SCRIPTS / "pre-commit", "validate-manifest", manifest]
    assert subprocess.run(command, check=False).returncode == 0


def test_each_hook_stops_what_it_is_for(hooked, root):
    code, said = run(hooked, root)
    assert (code, said.count("Passed")) == (0, 2), said
    page, sample = hooked / "page.md", hooked / "samples/curl/basic.sh"
    receipts = hooked / "samples/receipts.json"
    page.write_text("<!-- snippet: curl/basic -->\n")
    code, said = run(hooked, root)
    assert code == 1
    assert "hook id: sampleproof-docs\n- exit code: 2" in said
    assert "page.md:1: this marker is never closed" in said
    page.write_text("# T\n")
    receipts.write_text(receipts.read_text().replace('"on": "20', '"on": "21', 1))
    code, said = run(hooked, root)
    assert (code, said.count("Passed")) == (1, 1)
    assert "hook id: sampleproof-docs\n- exit code: 4" in said
    assert "its receipt in samples/receipts.json was edited; mend it with: " in said
    sample.write_text(sample.read_text().replace("France?", "Spain?"))
    code, said = run(hooked, root)
    assert code == 1
    assert "hook id: sampleproof-render\n- exit code: 4" in said
    assert "basic.sh: was written or changed by hand; take it into " in said
