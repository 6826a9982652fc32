"""The command line explains itself, starts quickly, and ends with the promised codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.cli import main, run
from harness.model.problem import HarnessError
from harness.report import ndjson


@pytest.fixture
def call(capsys):
    def invoke(*arguments):
        code = main.invoke(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return invoke


def test_help_names_every_verb_with_examples(call):
    code, out, _ = call("--help")
    assert code == 0
    for verb in main.VERBS:
        assert f"\n  {verb}" in out
    assert "Examples:" in out
    assert "Exit codes:" in out


@pytest.mark.parametrize("verb", main.VERBS)
def test_every_verb_has_help_with_examples_within_80_columns(call, verb):
    code, out, _ = call(verb, "--help")
    assert code == 0
    assert "Example" in out
    assert max(map(len, out.splitlines())) <= 80


def test_version(call):
    assert call("--version") == (0, f"sampleproof, version {harness.__version__}\n", "")


def test_help_imports_nothing_heavy():
    code = "import sys; from harness.cli.main import invoke; invoke(['--help']); print(sorted(m for m in sys.modules if m.split('.')[0] in {'asyncio', 'ruamel', 'jinja2', 'jsonschema', 'rich', 'cryptography', 'msgspec'}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stderr in {"[]\n", "['msgspec', 'msgspec._core', 'msgspec._utils']\n"}
        or "msgspec" in done.stderr
    )
    for heavy in ("asyncio", "ruamel", "jinja2", "jsonschema", "rich", "cryptography"):
        assert heavy not in done.stderr


def test_list_shows_samples_clients_models_endpoints(call, root):
    code, out, _ = call("list", "--project", str(root))
    assert code == 0
    for word in (
        "python/basic",
        "azure-ai-inference",
        "Phi-3-small-8k-instruct  (default)",
        "retired 2026-07-30",
        "@azure-rest/ai-inference  retired 2026-08-26",
    ):
        assert word in out


def test_list_says_once_where_a_project_elsewhere_is(call, root, tmp_path, monkeypatch):
    monkeypatch.chdir(root / "samples")
    assert call("list")[1].startswith("Samples\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.model.root.BUNDLED", root)
    monkeypatch.setattr("harness.toolchain.state.BUNDLED", root)
    monkeypatch.setenv("SAMPLEPROOF_CACHE_DIR", str(tmp_path / "cache"))
    _, out, _ = call("list", "--demo")
    first, *others = out.splitlines()
    folder = first.removeprefix("The project is in ")
    assert folder.startswith(str(tmp_path / "cache"))
    assert Path(folder, "samples/curl/basic.sh").is_file()
    assert folder not in "\n".join(others)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--nonsense"], "--nonsense"),
        (["rnu"], "No such command 'rnu'"),
        (["run", "--project", "/no/such"], "does not exist"),
        (["run", "--project", "/"], "is no project"),
        (["run", "-j", "0"], "-j"),
        (["run", "--timeout", "nan"], "expected a number of seconds; received 'nan'"),
    ],
)
def test_an_invalid_call_is_2_without_traceback(call, arguments, message):
    code, _, err = call(*arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


def test_no_arguments_show_the_help(call):
    code, out, err = call()
    assert code in {0, 2}
    assert "Usage: sampleproof" in out + err


def test_our_own_fault_is_3_with_its_remedy(call, monkeypatch, root):
    def fail(*_, **__):
        raise HarnessError("it broke", "mend it")

    monkeypatch.setattr("harness.model.kept.open_kept", fail)
    assert call("list", "--project", str(root)) == (3, "", "error: it broke\n  remedy: mend it\n")


def test_a_bug_of_ours_is_3_and_asks_for_a_report(call, monkeypatch, root):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("harness.model.kept.open_kept", fail)
    code, _, err = call("list", "--project", str(root))
    assert code == 3
    assert len(err.splitlines()) == 1
    assert "this is a fault in sampleproof itself (ZeroDivisionError" in err
    assert "please report it with the file " in err
    kept = Path(err.split()[-1])
    assert "Traceback" in kept.read_text()
    kept.unlink()


def test_a_bug_of_ours_is_told_even_where_nothing_can_be_kept(call, monkeypatch, root, tmp_path):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("harness.model.kept.open_kept", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    code, _, err = call("list", "--project", str(root))
    assert code == 3
    assert "Traceback" in err
    assert err.endswith("please report it with the lines above\n")


def test_an_interrupt_is_130(call, monkeypatch, root):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.model.kept.open_kept", interrupt)
    code, _, err = call("list", "--project", str(root))
    assert (code, err.strip()) == (130, "stopped by SIGINT")


def test_a_project_elsewhere_may_be_named_where_there_is_none(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run._default_report(root, "report") == tmp_path / "build/report"
    monkeypatch.chdir(root / "samples")
    assert run._default_report(root, "report") == root / "build/report"


def test_verbs_complete_from_the_project(root):
    environment = {
        "_SAMPLEPROOF_COMPLETE": "bash_complete",
        "COMP_WORDS": "sampleproof run py",
        "COMP_CWORD": "2",
    }
    code = "from harness.cli.main import cli; cli(prog_name='sampleproof')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "plain,python/basic" in done.stdout


def test_a_reader_that_has_seen_enough_is_no_fault(root):
    command = f"{sys.executable} -m harness list | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.stdout.splitlines()[0], done.stderr) == ("Samples", "")


@pytest.mark.parametrize(
    "end",
    ["| head -1", "2>&1 | head -1", ">&-", ">&- 2>&- <&-", "| true"],
)
def test_a_run_does_not_depend_on_who_listens(root, tmp_path, end):
    run = f"{sys.executable} -m harness run curl --no-cache --report {tmp_path}"
    done = subprocess.run(
        ["bash", "-c", f"{run} {end}; exit ${{PIPESTATUS[0]}}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ndjson.read(tmp_path / ndjson.NAME)[-1]["exit_code"] == 0


def test_a_run_whose_output_is_lost_keeps_its_report_and_says_so(root, tmp_path):
    command = f"{sys.executable} -m harness run curl --report {tmp_path} > /dev/full"
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr == "error: the output cannot be written: No space left on device\n"
    assert ndjson.read(tmp_path / ndjson.NAME)[-1]["exit_code"] == 0


def test_a_report_that_cannot_be_written_hides_no_result(root, tmp_path):
    (tmp_path / "file").touch()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "harness",
            "run",
            "curl/basic",
            "--report",
            tmp_path / "file/report",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "1 sample: 1 pass" in done.stdout
    assert "error: the report cannot be written: " in done.stderr
    assert "remedy: name another folder with --report DIR" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252:strict"])
def test_no_encoding_of_the_terminal_is_too_small_for_a_message(root, encoding):
    done = subprocess.run(
        [sys.executable, "-m", "harness", "run", "\N{SNOWMAN}/basic"],
        cwd=root,
        env=dict(os.environ, PYTHONIOENCODING=encoding),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"no sample matches" in done.stderr


def test_output_that_cannot_be_written_is_our_fault(root):
    command = f"{sys.executable} -m harness list > /dev/full"
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "the output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


VERBS_OF_A_PROJECT = [
    ["run"],
    ["check"],
    ["list"],
    ["render"],
    ["render", "--check"],
    ["docs", "check"],
    ["docs", "receipts"],
    ["docs", "quickstart", "--check"],
    ["docs", "inject", "--check"],
    ["docs", "export", "--format", "json"],
    ["record", "--endpoint", "own"],
    ["report", "github"],
    ["nightly", "propose", "--endpoint", "own"],
    ["doctor"],
    ["serve"],
    ["cache"],
]


@pytest.mark.parametrize("words", VERBS_OF_A_PROJECT, ids=" ".join)
def test_outside_a_project_nothing_is_green(call, words, tmp_path, monkeypatch):
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples/catalog.yml").touch()
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert f"there is {tmp_path}/samples/catalog.yml: rename it to" in err
    code, out, err = call(*words, "--project", ".")
    assert (code, out) == (2, "")
    assert ". is no project: it has no samples/catalog.yaml" in err


def test_the_samples_of_the_package_run_when_they_are_asked_for(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = call("run", "curl/basic", "--demo", "--report", "out")
    assert code == 0, err
    assert "1 sample: 1 pass" in out
    code, _, err = call("run", "--demo", "--project", ".")
    assert (code, "--demo and --project contradict each other" in err) == (2, True)


@pytest.mark.parametrize("option", [["--patience", "5"], ["--dry-run"]])
def test_an_option_that_would_do_nothing_is_refused(call, option):
    code, _, err = call("run", "curl/basic", *option)
    assert (code, f"{option[0]} needs --live" in err) == (2, True)
