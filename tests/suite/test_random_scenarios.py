"""Any scenario, rendered for every client, sends exactly that scenario and shows exactly its answer."""

import hashlib
import json
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from workshop import answered

from harness.model.recording import ChunkMark, Response
from harness.model.scenario import Message, Scenario
from harness.outcome import compare

EXAMPLES = int(os.environ.get("SAMPLEPROOF_EXAMPLES", "12"))
CLIENTS = ["curl", "javascript", "python"]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
AWKWARD = st.sampled_from(
    [
        "'\"`\\",
        "$HOME ${HOME} $(id) `id` %HOME% %s {} {{ }} {% raw %}",
        "\r\n\t\x00\x1b\x7f\u0085\u2028\u2029\ufeff",
        "EOF\n'''\n\"\"\"\n*/\n-->\n",
        "\u202e עברית 👩\u200d👩\u200d👧 e\u0301",
        "\\n\\u0041\\",
        " ",
    ]
)
TURNS = st.lists(
    st.builds(
        lambda role, content: Message(role=role, content=content),
        st.sampled_from(["system", "user", "assistant"]),
        TEXT | AWKWARD,
    ),
    min_size=1,
    max_size=6,
)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2) | st.integers(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 2**53 - 1),
        "frequency_penalty": st.floats(-2, 2),
        "presence_penalty": st.floats(-2, 2),
        "stop": st.lists(TEXT | AWKWARD, min_size=1, max_size=4),
        "seed": st.integers(-(2**53) + 1, 2**53 - 1),
    },
)


@st.composite
def scenarios(draw):
    """A scenario, and the pieces of its answer."""
    turns, parameters, stream = draw(TURNS), draw(PARAMETERS), draw(st.booleans())
    # A stream in one piece tells nothing of whether it is shown as it comes.
    pieces = ["So ", *draw(st.lists(TEXT, min_size=1, max_size=8)), "."]
    said = repr((turns, parameters, stream, pieces))
    name = f"random_{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    scenario = Scenario(
        name=name,
        file=f"samples/scenarios/{name}.yaml",
        operation="chat",
        title=draw(AWKWARD),
        summary=draw(TEXT | AWKWARD),
        messages=tuple(turns),
        parameters=parameters,
        stream=stream,
    )
    return scenario, pieces


def examples(strategy, number):
    """A number of values, the same in every run."""
    found = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


def answer(scenario, pieces):
    """A response that says these pieces, each in a chunk of its own if it is streamed."""
    if not scenario.stream:
        body = json.dumps({"choices": [{"index": 0, "message": _said("".join(pieces))}]}).encode()
        return _response("application/json", "length", [body])
    events = [{"choices": [{"index": 0, "delta": _said(piece)}]} for piece in pieces]
    chunks = [f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode() for event in events]
    return _response("text/event-stream", "chunked", [*chunks, b"data: [DONE]\n\n"])


def _said(text):
    return {"role": "assistant", "content": text}


def _response(kind, framing, parts):
    return Response(
        status=200,
        reason="OK",
        headers=(("content-type", kind),),
        framing=framing,
        body=b"".join(parts),
        chunks=tuple(ChunkMark(size=len(part), after_ms=0) for part in parts),
    )


@pytest.fixture(scope="module")
def outcomes(real):
    drawn = examples(scenarios(), EXAMPLES)
    cells = [
        real.make(
            answered(
                real.cell(client, "basic", id=f"{client}/{scenario.name}", scenario=scenario),
                answer(scenario, pieces),
            ),
            scenario.name,
        )
        for scenario, pieces in drawn
        for client in CLIENTS
    ]
    found = real.run(cells)
    return [found[at : at + len(CLIENTS)] for at in range(0, len(found), len(CLIENTS))]


@pytest.mark.parametrize("number", range(EXAMPLES))
def test_any_scenario_is_sent_exactly_by_every_client(outcomes, number):
    group = outcomes[number]
    assert [one.verdict for one in group] == ["pass"] * len(CLIENTS), group
    assert compare(group).verdict == "pass", compare(group)


def test_the_examples_are_of_every_kind(outcomes):
    drawn = [group[0].cell.scenario for group in outcomes]
    assert {scenario.stream for scenario in drawn} == {True, False}
    assert len({len(scenario.messages) for scenario in drawn}) > 1
    assert len({frozenset(scenario.parameters) for scenario in drawn}) > 1
