"""The command as users call it: exit codes, what they are told, and what is left on disk."""

import hashlib
import json
import shutil
import signal
import time
from xml.etree import ElementTree as ET

import pytest
from workshop import MINIATURES, call, command, copy_project

from harness.cli.main import invoke


@pytest.fixture(scope="module")
def rendered(miniatures, tmp_path_factory):
    """A small project, rendered."""
    target = tmp_path_factory.mktemp("rendered") / "project"
    copied = copy_project(MINIATURES, target)
    code, _, said = call("render", project=copied)
    assert code == 0, said
    return copied


@pytest.fixture
def project(rendered, tmp_path):
    """A copy of it, which a test may change."""
    return shutil.copytree(rendered, tmp_path / "project", symlinks=True)


@pytest.fixture
def call_here(capsys):
    """Calls the command line in this process, which costs less than a new one."""

    def call_it(*arguments, project):
        code = invoke([*map(str, arguments), "--project", str(project)])
        return code, *capsys.readouterr()

    return call_it


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_run_says_what_ran_and_keeps_a_whole_report(project):
    code, output, said = call("run", "--report", project / "report", project=project)
    assert (code, said) == (0, ""), output
    report = (project / "report/report.ndjson").read_text()
    lines = [json.loads(line) for line in report.splitlines()]
    assert [lines[0]["type"], lines[-1]["type"]] == ["report", "footer"]
    cells = [line for line in lines if line["type"] == "cell"]
    assert len(cells) == 12
    for cell in cells:
        ran = (project / cell["sample"]["path"]).read_bytes()
        assert cell["sample"]["sha256"] == hashlib.sha256(ran).hexdigest()
    suite = ET.parse(project / "report/junit.xml").getroot().find("testsuite")
    assert suite.get("tests") == str(len(lines) - 2)
    assert suite.get("failures") == "0"


def test_a_failure_says_what_was_expected_and_how_to_run_it_again(project):
    edit(project / "samples/plain/question.py", "capital of France", "capital of Spain")
    code, output, _ = call("run", "--scenario", "question", project=project)
    assert code == 1
    said = output.partition("request.body: ")[2]
    assert "$.messages[1].content" in said
    assert 'expected  "What is the capital of France?"' in said
    assert 'received  "What is the capital of Spain?"' in said
    again = said.partition("rerun: ")[2].splitlines()[0]
    assert again.endswith(f"run --project {project} plain/question")


@pytest.mark.parametrize("verb", ["run", "check"])
def test_every_problem_of_every_file_is_told_at_once(project, verb):
    scenarios = project / "samples/scenarios"
    edit(scenarios / "question.yaml", "role: system", "role: sistem")
    edit(scenarios / "question.yaml", "temperature: 1", "temprature: 1")
    edit(scenarios / "busy.yaml", "operation: answers", "operation: answer")
    (scenarios / "Wrong.yaml").write_text("title: a\ntitle: b\n")
    code, output, said = call(verb, project=project)
    assert code == 2
    assert (verb == "check") == (
        output == ""
    )  # a run tells of the samples that it keeps from running
    said += output
    assert "Traceback" not in said
    for words in (
        'scenarios/question.yaml:5: messages[0].role: expected one of "system", "user"',
        "scenarios/question.yaml:10: parameters.temprature:",
        "did you mean temperature?",
        "scenarios/busy.yaml:1: operation: there is no such operation",
        "scenarios/Wrong.yaml:2: title: this key stands already in line 1",
        "scenarios/Wrong.yaml: expected a file name",
    ):
        assert said.count(words) == 1, said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["plan/question"], ["no sample matches 'plan/question'", "did you mean plain/question"]),
        (["--client", "plian"], ["--client: there is no 'plian'", "did you mean plain"]),
        (["--model", "small"], ["--model: there is no 'small'", "small-1"]),
        (["--jobs", "0"], ["jobs"]),
        (["--unknown"], ["--unknown"]),
    ],
)
def test_a_call_that_is_wrong_ends_with_2_and_near_names(rendered, call_here, arguments, told):
    code, output, said = call_here("run", *arguments, project=rendered)
    assert (code, output) == (2, "")
    assert "Traceback" not in said
    for words in told:
        assert words in said


@pytest.mark.parametrize(
    "place",
    ["plain/busy.py", "plain/sample.py.j2", "scenarios/busy.yaml", "keeping/sample.py.j2"],
)
def test_one_changed_character_makes_samples_stale(project, call_here, place):
    path = project / "samples" / place
    text = path.read_text()
    at = text.index("France") if "France" in text else text.index("json.dumps(body") + 2
    path.write_text(f"{text[:at]}_{text[at + 1 :]}")
    code, output, said = call_here("render", "--check", project=project)
    assert code == 4
    by_hand = place.endswith(".py")
    why = "was written or changed by hand; " if by_hand else "is not what its scenario and template"
    assert f": {why}" in output
    mend = f"; render them with: sampleproof render --project {project}\n"
    assert said.endswith(mend) != by_hand
    assert call_here("render", *["--force"] * by_hand, project=project)[0] == 0
    assert call_here("render", "--check", project=project)[0] == 0


def test_a_stale_sample_is_an_exit_code_of_its_own(project):
    edit(project / "samples/plain/busy.py", "France", "Franse")
    code, output, said = call("render", "--check", "--diff", project=project)
    assert code == 4
    assert "samples/plain/busy.py" in output
    assert '-        {"role": "user", "content": "What is the capital of Franse?"},' in output
    assert f" -m harness render --project {project} --force\n" in output
    assert said.endswith("stale samples: 1\n")


def test_a_folder_that_is_no_project_ends_with_2(tmp_path):
    code, _, said = call("run", project=tmp_path)
    assert code == 2
    assert str(tmp_path) in said


def test_faults_of_ours_come_before_failures(project):
    """2, then 3, then 1; and whatever can run does."""
    edit(project / "samples/recordings/choices.yaml", "It is the", "It was the")
    edit(project / "samples/plain/question.py", "capital of France", "capital of Spain")
    code, output, _ = call("run", "--client", "plain", project=project)
    assert code == 2
    assert "4 pass" in output
    assert "1 fail" in output
    assert "1 error" in output


def test_a_harness_that_stands_still_for_a_while_fails_no_sample(project):
    """As after Ctrl-Z and fg in the midst of streams."""
    with command("run", "*/pieces", project=project) as process:
        for _ in range(3):
            time.sleep(0.4)
            process.send_signal(signal.SIGSTOP)
            time.sleep(1)
            process.send_signal(signal.SIGCONT)
        output, said = process.communicate(timeout=60)
    assert process.returncode == 0, output + said
