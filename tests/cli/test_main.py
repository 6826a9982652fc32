"""The command line explains itself, starts quickly, and ends with the promised codes."""

import subprocess
import sys

import pytest

import harness
from harness.cli import main
from harness.model.problem import HarnessError


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--nonsense"], "--nonsense"),
        (["rnu"], "No such command 'rnu'"),
        (["run", "--project", "/no/such"], "does not exist"),
        (["run", "--project", "/"], "is no project"),
        (["run", "-j", "0"], "-j"),
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
    def fail(*_):
        raise HarnessError("it broke", "mend it")

    monkeypatch.setattr("harness.model.kept.open_kept", fail)
    assert call("list", "--project", str(root)) == (3, "", "error: it broke\n  remedy: mend it\n")


def test_a_bug_of_ours_is_3_and_asks_for_a_report(call, monkeypatch, root):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("harness.model.kept.open_kept", fail)
    code, _, err = call("list", "--project", str(root))
    assert code == 3
    assert "this is a fault in sampleproof itself" in err


def test_an_interrupt_is_130(call, monkeypatch, root):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.model.kept.open_kept", interrupt)
    code, _, err = call("list", "--project", str(root))
    assert (code, err.strip()) == (130, "stopped")


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


def test_a_reader_that_leaves_in_the_middle_of_a_run_is_no_fault(root, tmp_path):
    command = f"{sys.executable} -m harness run curl --report {tmp_path} | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr


def test_output_that_cannot_be_written_is_our_fault(root):
    command = f"{sys.executable} -m harness list > /dev/full"
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "the output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
