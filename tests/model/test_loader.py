"""Every problem of a file is reported at once, with its line and field."""

import textwrap

import pytest

from harness.model import build
from harness.model.client import Client
from harness.model.loader import load

OPERATION = "samples/operations/chat.yaml"


@pytest.fixture
def scenario(tmp_path, project):
    def read(text, name="example", clients=None):
        path = tmp_path / f"{name}.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        problems = []
        operations = project.operations
        found = build.scenario(path, f"{name}.yaml", operations, clients or {}, problems)
        return found, [str(problem) for problem in sorted(problems)]

    return read


def test_a_good_scenario_has_no_problems(scenario):
    found, problems = scenario(
        """\
        operation: chat
        title: "no"
        summary: no
        messages: [{role: user, content: hello}]
        """
    )
    assert problems == []
    assert found.summary == "no", "YAML 1.2: no is a text"
    assert found.body("m") == {"messages": [{"role": "user", "content": "hello"}], "model": "m"}


def test_all_problems_of_a_scenario_are_reported_together(scenario):
    found, problems = scenario(
        """\
        operation: chat
        title: 3
        sumary: a typing error
        summary: one
        summary: two
        messages:
          - role: sytem
            content: ""
          - role: user
            content: "\\ud800"
        parameters: {temperature: 3, tempratur: 1, seed: 99999999999999999, stop: [1]}
        """
    )
    assert found is None
    for expected in (
        "example.yaml:2: title: expected a text; received 3",
        "example.yaml:3: sumary: this key is not known\n  did you mean summary?",
        "example.yaml:5: summary: this key stands already in line 4",
        'example.yaml:7: messages[0].role: expected one of "system", "user", "assistant"; received "sytem"\n  did you mean system?',
        'example.yaml:8: messages[0].content: expected a text that is not empty; received ""',
        "example.yaml:10: messages[1].content: holds half of a surrogate pair (U+D800), which no UTF-8 can carry",
        "example.yaml:11: parameters.temperature: expected at most 2; received 3",
        "example.yaml:11: parameters.tempratur: chat has no such parameter\n  did you mean temperature?",
        "example.yaml:11: parameters.seed: expected an integer within ±(2⁵³-1), which all languages keep; received 99999999999999999",
        "example.yaml:11: parameters.stop[0]: expected a text; received 1",
    ):
        assert expected in problems
    assert len(problems) == 10


@pytest.mark.parametrize("messages", ["[]", "nothing", "[nothing]", "{role: user}"])
def test_messages_must_be_messages(scenario, messages):
    found, problems = scenario(f"operation: chat\ntitle: t\nsummary: s\nmessages: {messages}\n")
    assert found is None
    assert "example.yaml:4: messages" in problems[0]


def test_a_name_that_would_shadow_a_module_is_refused(scenario, project):
    text = "operation: chat\ntitle: t\nsummary: s\nmessages: [{role: user, content: c}]\n"
    found, problems = scenario(text, name="types", clients=project.clients)
    assert found is None
    (problem,) = problems
    assert "a Python sample named types.py would shadow the module 'types'\n" in problem
    assert "give the scenario's file another name" in problem
    assert isinstance(project.clients["python"], Client)


@pytest.mark.parametrize("name", ["Basic", "two words", "9lives", "a-b"])
def test_a_name_must_fit_every_language(scenario, name):
    text = "operation: chat\ntitle: t\nsummary: s\nmessages: [{role: user, content: c}]\n"
    assert "expected a file name of" in scenario(text, name=name)[1][0]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b"a: [1\n", 2, "not YAML"),
        (b"a: b: c\n", 1, "not YAML"),
        (b"ok: 1\n\xff\n", 2, "this is not UTF-8"),
        (b"a: !secret x\n", 1, "a tag"),
        (b"? [a]\n: 1\n", 1, "a key must be a plain word"),
        (b"a: .nan\n", 1, "JSON has no number"),
        (b"", 0, "this file is empty"),
        (b"&a [*a]\n", 1, "in itself"),
        (b"[" * 9999, 1, "nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_named_by_line(tmp_path, text, line, message):
    path = tmp_path / "x.yaml"
    path.write_bytes(text)
    problems = []
    load(path, "x.yaml", "scenario", problems)
    assert any(problem.line == line and message in problem.message for problem in problems)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    problems = []
    assert load(tmp_path / "x.yaml", "x.yaml", "scenario", problems) is None
    assert [str(problem) for problem in problems] == ["x.yaml: this file is missing"]
