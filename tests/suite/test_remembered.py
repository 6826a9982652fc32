"""A run that repeats another is answered from memory, says so, and reports the same."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from workshop import MINIATURES, call, copy_project

from harness.toolchain.cache import state_folder

HEAVY = ("asyncio", "ssl", "h11", "rich", "jinja2", "harness.gateway", "harness.runner.stage")


@pytest.fixture(scope="module")
def ran(miniatures, tmp_path_factory):
    """A project whose samples have run once, and what the run said."""
    target = tmp_path_factory.mktemp("remembered") / "project"
    copied = copy_project(MINIATURES, target)
    code, _, said = call("render", project=copied)
    assert code == 0, said
    code, output, said = call("run", "--report", copied / "first", project=copied)
    assert code == 0, output + said
    assert "cached" not in output
    return copied


@pytest.fixture
def project(ran, tmp_path):
    """A copy of it, for which nothing is remembered: it lies elsewhere."""
    return shutil.copytree(ran, tmp_path / "project", symlinks=True)


def report(folder):
    return [json.loads(line) for line in (folder / "report.ndjson").read_text().splitlines()]


def without_run(lines):
    return [{name: value for name, value in line.items() if name != "run"} for line in lines]


def cached(lines):
    return {line["id"] for line in lines if line["type"] == "cell" and line["run"].get("cached")}


def test_an_unchanged_run_is_answered_from_memory_and_reports_the_same(ran, tmp_path):
    first = report(ran / "first")
    code, output, said = call("run", "--report", tmp_path, project=ran)
    assert (code, said) == (0, ""), output
    again = report(tmp_path)
    cells = {line["id"] for line in first if line["type"] == "cell"}
    assert len(cells) == 12
    assert cached(again) == cells
    assert cached(first) == set()
    assert without_run(again) == without_run(first)
    assert output.count("  cached\n") == 12
    assert "12 pass, 12 from earlier runs" in output
    assert (tmp_path / "junit.xml").read_text().count("<testcase") == len(again) - 2


def test_what_is_not_needed_is_not_imported(ran, tmp_path):
    code = f"""
import sys
from harness.cli.main import invoke
code = invoke(["run", "--cache", "--report", {str(tmp_path)!r}, "--project", {str(ran)!r}])
print(code, [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout + done.stderr


def test_only_what_changed_runs(ran, tmp_path, project):
    del ran
    assert call("run", project=project)[0] == 0
    sample = project / "samples/plain/question.py"
    sample.write_text(sample.read_text() + "\n# a comment\n")
    scenario = project / "samples/scenarios/busy.yaml"
    scenario.write_text(scenario.read_text().replace("title: ", "title: Now "))
    code, output, said = call("run", "--report", tmp_path / "report", project=project)
    assert code == 0, output + said
    lines = report(tmp_path / "report")
    ids = {line["id"] for line in lines if line["type"] == "cell"}
    assert ids - cached(lines) == {"plain/question"}
    assert {line["verdict"] for line in lines if line["type"] == "parity"} == {"pass"}


def test_a_failure_runs_again_and_is_compared_with_what_is_remembered(project, tmp_path):
    sample = project / "samples/plain/question.py"
    right = sample.read_text()
    sample.write_text(right.replace("capital of France", "capital of Spain"))
    for turn, remembered in enumerate((set(), {"keeping/question"})):
        folder = tmp_path / str(turn)
        code, output, _ = call("run", "*/question", "--report", folder, project=project)
        assert code == 1
        assert "plain/question    fail" in output
        assert cached(report(folder)) == remembered
    assert without_run(report(tmp_path / "0")) == without_run(report(tmp_path / "1"))
    sample.write_text(right)
    code, output, _ = call("run", "*/question", project=project)
    assert (code, output.count("  cached\n")) == (0, 1)
    code, output, _ = call("run", "*/question", project=project)
    assert (code, output.count("  cached\n")) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "environment", "number"),
    [
        ([], {}, 2),
        (["--no-cache"], {}, 0),
        ([], {"CI": "true"}, 0),
        (["--cache"], {"CI": "true"}, 2),
        (["--no-seal"], {}, 0),
        (["--isolation", "process"], {}, 0),
        (["--timeout", "59"], {}, 0),
    ],
)
def test_when_it_is_answered_from_memory(ran, tmp_path, arguments, environment, number):
    (state_folder(ran) / "cache/durations.msgpack").unlink(missing_ok=True)
    results = state_folder(ran) / "cache/results"
    kept = tmp_path / "kept"
    shutil.copytree(results, kept)
    try:
        code, output, _ = call(
            "run", "*/question", *arguments, "--report", tmp_path, project=ran, **environment
        )
    finally:
        shutil.rmtree(results)
        shutil.copytree(kept, results)
    assert (code, output.count("  cached\n")) == (0, number)


def test_damaged_results_are_made_anew(project, tmp_path):
    assert call("run", "*/question", project=project)[0] == 0
    results = list((state_folder(project) / "cache/results").iterdir())
    assert len(results) >= 2
    for path in results:
        path.write_bytes(path.read_bytes()[:-3] + b"???")
    code, output, said = call("run", "*/question", "--report", tmp_path, project=project)
    assert (code, output.count("  cached\n")) == (0, 0), said
    code, output, _ = call("run", "*/question", "--report", tmp_path, project=project)
    assert (code, output.count("  cached\n")) == (0, 2)


def test_runs_at_once_share_what_is_remembered(project, tmp_path):
    """Some remember what others read, and one clears it all the time."""

    def run(number):
        return call("run", "*/question", "*/busy", "--report", tmp_path / number, project=project)

    with ThreadPoolExecutor(5) as pool:
        runs = [pool.submit(run, str(number)) for number in range(4)]
        clearing = pool.submit(lambda: [call("cache", "clear", project=project) for _ in range(5)])
    assert [code for code, *_ in clearing.result()] == [0] * 5
    for number, done in enumerate(runs):
        code, output, said = done.result()
        assert code == 0, output + said
        whole = without_run(report(tmp_path / str(number)))
        assert whole == without_run(report(tmp_path / "0"))


def test_the_cache_is_shown_and_cleared(project):
    code, output, _ = call("cache", "clear", project=project)
    assert code == 0
    assert call("run", "*/question", project=project)[0] == 0
    code, output, _ = call("cache", project=project)
    assert code == 0
    assert output.startswith("2 results, ")
    assert str(state_folder(project)) in output
    code, output, _ = call("cache", "clear", project=project)
    assert output.startswith("Removed 2 results, ")
    assert call("cache", project=project)[1].startswith("0 results, 0 B")
    assert "cached" not in call("run", "*/question", project=project)[1]
