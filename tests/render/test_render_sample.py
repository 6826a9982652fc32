import ast
import json
import subprocess

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.model.jsonvalue import differences
from harness.model.problem import InvalidError
from harness.model.scenario import Message
from harness.render.sample import render

TEXT = st.text(min_size=1) | st.sampled_from(
    ["'", '"', "\\", "EOF", "$HOME", "`id`", "$(id)", "\u2028", "\ufeff", "😀", "{{ x }}", "a\r\nb"]
)
TURNS = st.lists(
    st.builds(Message, role=st.sampled_from(["system", "user", "assistant"]), content=TEXT),
    min_size=1,
    max_size=6,
)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2) | st.integers(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 4096),
        "frequency_penalty": st.floats(-2, 2),
        "presence_penalty": st.floats(-2, 2),
        "stop": st.lists(TEXT, min_size=1, max_size=4),
        "seed": st.integers(-(2**53) + 1, 2**53 - 1),
    },
)
SCENARIO = st.tuples(TURNS, PARAMETERS, st.booleans())
BATCH = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))

# Libraries that note what a sample asks of them, and answer nothing.
STUBS = {
    "@azure-rest/ai-inference": """
        export default (endpoint) => ({ path: (path) => ({ post: ({ body }) => {
          globalThis.asked.push({ url: endpoint + path, body });
          const answer = { status: "200", body: { choices: [{ message: { content: "Yes." } }] } };
          return Object.assign(Promise.resolve(answer), { asNodeStream: async () => answer });
        } }) });""",
    "@azure/core-auth": "export class AzureKeyCredential {}",
    "@azure/core-sse": """
        const data = JSON.stringify({ choices: [{ delta: { content: "Yes." } }] });
        export const createSseStream = () => [{ data }, { data: "[DONE]" }];""",
}


def changed(cell, drawn):
    turns, parameters, stream = drawn
    scenario = msgspec.structs.replace(
        cell.scenario, messages=tuple(turns), parameters=parameters, stream=stream
    )
    return msgspec.structs.replace(cell, scenario=scenario)


@settings(max_examples=150, deadline=None)
@given(SCENARIO)
def test_python_asks_for_exactly_its_scenario(cells, drawn):
    cell = changed(cells["python/basic"], drawn)
    tree = ast.parse(render(cell))
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "client.complete"
    ]
    names = {"model": cell.model}
    asked = {}
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == "messages":
            asked["messages"] = [
                {
                    "role": turn.func.id.removesuffix("Message").lower(),
                    "content": ast.literal_eval(turn.keywords[0].value),
                }
                for turn in value.elts
            ]
        else:
            named = isinstance(value, ast.Name)
            asked[keyword.arg] = names[value.id] if named else ast.literal_eval(value)
    assert list(differences(cell.scenario.body(cell.model), asked)) == []
    imported = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "azure.ai.inference.models"
        for alias in node.names
    ]
    roles = {turn.role.title() for turn in cell.scenario.messages}
    assert imported == sorted(f"{role}Message" for role in roles)


@BATCH
@given(drawn=st.lists(SCENARIO, min_size=25, max_size=50))
def test_javascript_asks_for_exactly_its_scenario(cells, run, tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("javascript")
    for name, text in STUBS.items():
        home = folder / "node_modules" / name
        home.mkdir(parents=True)
        (home / "package.json").write_text('{"type": "module", "main": "index.js"}')
        (home / "index.js").write_text(text)
    samples = [changed(cells["javascript/basic"], each) for each in drawn]
    for index, cell in enumerate(samples):
        (folder / f"{index}.mjs").write_bytes(render(cell).encode())
    said = run(
        "javascript",
        f"""
        globalThis.asked = [];
        process.stdout.write = console.log = () => true;
        for (let i = 0; i < {len(samples)}; i++) await import(`{folder}/${{i}}.mjs`);
        (await import("node:fs")).writeSync(1, JSON.stringify(asked));
        """,
    )
    for cell, asked in zip(samples, json.loads(said), strict=True):
        assert asked["url"] == "https://models.inference.ai.azure.com/chat/completions"
        assert list(differences(cell.scenario.body(cell.model), asked["body"])) == []


@BATCH
@given(drawn=st.lists(SCENARIO, min_size=25, max_size=50))
def test_curl_asks_for_exactly_its_scenario(cells, run, drawn):
    samples = [changed(cells["curl/basic"], each) for each in drawn]
    stub = "GITHUB_TOKEN='the token'\ncurl() { printf '%s\\0' \"$#\" \"$@\"; }\n"
    words = run("curl", stub + "".join(map(render, samples))).split("\0")[:-1]
    for cell in samples:
        count = int(words.pop(0))
        arguments, words = words[:count], words[count:]
        assert arguments[0] == "https://models.inference.ai.azure.com/chat/completions"
        assert "Authorization: Bearer the token" in arguments
        assert ("--no-buffer" in arguments) == cell.scenario.stream
        body = json.loads(arguments[arguments.index("--data") + 1])
        assert list(differences(cell.scenario.body(cell.model), body)) == []
    assert words == []


@settings(max_examples=30, deadline=None)
@given(SCENARIO)
@pytest.mark.parametrize("id_", ["python/basic", "javascript/basic", "curl/basic"])
def test_a_sample_is_the_same_each_time_and_ends_its_last_line(cells, id_, drawn):
    cell = changed(cells[id_], drawn)
    assert render(cell) == render(cell)
    assert render(cell).endswith("\n")
    assert not render(cell).endswith("\n\n")


def spoiled(cell, **changes):
    return msgspec.structs.replace(cell, client=msgspec.structs.replace(cell.client, **changes))


@pytest.mark.parametrize(
    ("template", "line", "message"),
    [
        ("a\n{% if %}\n", 2, "Expected an expression"),
        ("a\nb\n{{ x | literals }}\n", 3, "No filter named 'literals'"),
        ("{% if true %}\na\n", 2, "Unexpected end of template"),
        ("a\n{{ scenario.titel }}\n", 2, "a scenario has no 'titel'; did you mean title?"),
        ("a\n\n{{ missing | literal }}\n", 3, "'missing' is undefined"),
        (
            "{% for x in scenario.messages %}\n{{ x.rule | literal }}\n{% endfor %}",
            2,
            "a message has no 'rule'; did you mean role?",
        ),
        ("a\n{{ 1 / 0 }}\n", 2, "division by zero"),
        ("{{ 1 + 'a' }}\n", 1, "unsupported operand"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(cells, template, line, message):
    with pytest.raises(InvalidError) as caught:
        render(spoiled(cells["python/basic"], template=template))
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("samples/python/sample.py.j2", line)
    assert message in problem.message


def test_a_sample_that_no_command_line_takes_is_refused(cells):
    cell = cells["curl/basic"]
    long = changed(cell, ([Message(role="user", content="x" * 131_072)], {}, False))
    with pytest.raises(InvalidError) as caught:
        render(long)
    (problem,) = caught.value.problems
    assert problem.file == "samples/scenarios/basic.yaml"
    assert "the cURL sample would be 131," in problem.message
    assert "131,071 are the most" in problem.message
    size = len(render(cell).encode())
    assert render(spoiled(cell, max_bytes=size))
    with pytest.raises(InvalidError):
        render(spoiled(cell, max_bytes=size - 1))


def test_the_longest_sample_allowed_does_run(cells, tmp_path):
    cell = cells["curl/basic"]
    rest = len(render(changed(cell, ([Message(role="user", content="x")], {}, False)))) - 1
    content = "x" * (cell.client.max_bytes - rest)
    path = tmp_path / "long.sh"
    path.write_text(render(changed(cell, ([Message(role="user", content=content)], {}, False))))
    assert path.stat().st_size == cell.client.max_bytes
    done = subprocess.run(
        ["bash", path],
        env={"PATH": "/usr/bin:/bin", "https_proxy": "http://127.0.0.1:1"},
        capture_output=True,
        check=False,
    )
    # cURL itself, which found no proxy; a shell that could not start it exits with 126.
    assert done.returncode == 7
