"""What is hashed and what runs are the same bytes, whatever becomes of the file meanwhile."""

import asyncio
import copy
import hashlib
import os
from pathlib import Path

import pytest
from workshop import MINIATURES, Workshop, copy_project

from harness.cli.main import invoke
from harness.report import session
from harness.runner.script import Script
from harness.suite import run_cell

OTHER = b'print("Paris is the capital of France, says another.")\n'
WAYS = [
    (isolation, sealed) for isolation in ("process", "fork") for sealed in ("sealed", "unsealed")
]


@pytest.fixture(params=WAYS, ids="-".join)
def shop(request, root, toolchains, tmp_path):
    isolation, sealed = request.param
    copied = copy_project(root, tmp_path / "project")
    opened = Workshop(copied, toolchains, seal=sealed == "sealed", isolation=isolation)
    if sealed == "sealed" and opened.stage.unsealed:
        opened.close()
        pytest.skip(f"runs cannot be sealed here: {opened.stage.unsealed}")
    yield opened
    opened.close()


def run(shop, cell, meanwhile):
    """Run a cell; something happens once its sample has been read."""
    stage = copy.copy(shop.stage)

    def script(cell):
        found = shop.stage.script(cell)
        meanwhile(shop.root / cell.path)
        return found

    stage.script = script
    return asyncio.run(run_cell(cell, stage))


def replaced(path):
    beside = path.with_name("beside")
    beside.write_bytes(OTHER)
    beside.replace(path)


def written_over(path):
    path.write_bytes(OTHER)


def removed(path):
    path.unlink()


def touched(path):
    """As by somebody who wrote other bytes, and then the same again."""
    os.utime(path)


@pytest.mark.parametrize("client", ["python", "curl"])
@pytest.mark.parametrize("meanwhile", [replaced, written_over, removed, touched])
def test_a_file_that_changes_once_it_is_read(shop, client, meanwhile):
    cell = shop.cell(client, "basic")
    path = shop.root / cell.path
    was = path.read_bytes()
    outcome = run(shop, cell, meanwhile)
    assert outcome.sha256 == hashlib.sha256(was).hexdigest()
    if not shop.stage.unsealed and meanwhile is removed:
        assert outcome.verdict == "error"
        assert f"{path}: it was removed before it ran" in outcome.fault.message
    elif not shop.stage.unsealed:
        assert outcome.verdict == "pass", outcome
    else:
        assert outcome.verdict == "error"
        assert f"{path} changed while it ran" in outcome.fault.message
        assert outcome.fault.exit_code == 3


@pytest.mark.parametrize("client", ["python", "curl"])
def test_a_file_that_stays_passes(shop, client):
    outcome = run(shop, shop.cell(client, "basic"), lambda _: None)
    assert outcome.verdict == "pass", outcome


SEES_ITSELF = """
import beside, os, stat, sys, traceback
print(__file__, os.path.realpath(__file__), sys.argv)
print(sorted({"basic.py", "beside.py", "client.yaml"} & {*os.listdir(os.path.dirname(__file__))}))
print(beside.TEXT, open(__file__).read().splitlines()[1], oct(stat.S_IMODE(os.stat(__file__).st_mode)))
try:
    raise KeyError
except KeyError:
    traceback.print_exc(file=sys.stdout)
"""


def test_a_sample_sees_itself_where_it_is(shop):
    cell = shop.cell("python", "basic")
    path = shop.root / cell.path
    path.chmod(0o640)
    path.write_text(SEES_ITSELF)
    path.with_name("beside.py").write_text("TEXT = 'beside'\n")
    shown = run(shop, cell, lambda _: None).observation
    assert shown.stdout.decode().splitlines() == [
        f"{path} {os.path.realpath(path)} ['{path}']",
        "['basic.py', 'beside.py', 'client.yaml']",
        "beside import beside, os, stat, sys, traceback 0o640",
        "Traceback (most recent call last):",
        f'  File "{path}", line 7, in <module>',
        "    raise KeyError",
        "KeyError",
    ], shown.stderr


def test_a_sample_behind_a_link_runs(shop):
    cell = shop.cell("python", "basic")
    path = shop.root / cell.path
    elsewhere = shop.root / "elsewhere" / "real.py"
    elsewhere.parent.mkdir()
    path.rename(elsewhere)
    path.symlink_to(os.path.relpath(elsewhere, path.parent))
    outcome = run(shop, cell, lambda _: replaced(elsewhere) if not shop.stage.unsealed else None)
    assert outcome.verdict == "pass", outcome


def test_a_script_knows_when_its_file_is_another(tmp_path):
    path = tmp_path / "sample.py"
    path.write_bytes(OTHER)
    script = Script.read(path, tmp_path)
    script.check(path)
    replaced(path)
    with pytest.raises(Exception, match="changed while it ran"):
        script.check(Path(script.path))


@pytest.mark.parametrize("file", ["scenarios/question.yaml", "plain/requirements.txt"])
def test_what_a_verdict_would_rest_on_must_be_what_was_read(
    miniatures, tmp_path, monkeypatch, capsys, file
):
    copied = copy_project(MINIATURES, tmp_path / "project")
    assert invoke(["render", "--project", str(copied)]) == 0
    prepare = session.prepare_for

    def meanwhile(*arguments):
        found = prepare(*arguments)
        os.utime(copied / "samples" / file)
        return found

    arguments = ["run", "plain/question", "--project", str(copied), "--report", str(tmp_path)]
    monkeypatch.setattr(session, "prepare_for", meanwhile)
    assert invoke(arguments) == 3
    assert f"samples/{file} has changed since it was read" in capsys.readouterr().err
    assert not (tmp_path / "report.ndjson").exists()
    monkeypatch.undo()
    assert invoke(arguments) == 0
