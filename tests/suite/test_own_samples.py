"""The project's own samples: with mistakes put in, with errors for an answer, and told in other pieces."""

import pytest
from workshop import MINIATURES, answered, errors, variants

from harness.model.recording import ChunkMark, Response
from harness.outcome import exit_code

VARIANTS = variants(MINIATURES / "real.yaml")
ERRORS = errors()
CLIENTS = ["curl", "javascript", "python"]


@pytest.fixture(scope="module")
def judged(real):
    return real.judge(VARIANTS, "curl")


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.slug)
def test_a_published_mistake_is_named_by_one_check(judged, variant):
    one = judged[variant.name]
    named = one.named if not variant.error else {found.check for found in one.outcome.findings}
    assert named == ({variant.check} if variant.check else set()), one
    assert [text for text in variant.says if text not in one.said] == [], one.said
    assert exit_code([one.outcome], []) == (1 if variant.check else 0)


SCENARIOS = {"denied": ("basic", "multi_turn", "streaming")} | dict.fromkeys(
    ["text", "list", "html", "not-json"], ("basic", "streaming")
)
"""Templates tell apart only whether an answer is streamed; `basic` meets every error."""

ASKED = [
    (name, client, scenario)
    for name in ERRORS
    for client in CLIENTS
    for scenario in SCENARIOS.get(name, ("basic",))
]


@pytest.fixture(scope="module")
def failed(real):
    cells = [
        answered(real.cell(client, scenario), ERRORS[name]) for name, client, scenario in ASKED
    ]
    return dict(zip(ASKED, real.run(cells), strict=True))


@pytest.mark.parametrize(("name", "client", "scenario"), ASKED)
def test_an_error_is_shown_and_ends_the_sample_with_a_status_of_its_own(
    failed, name, client, scenario
):
    outcome = failed[name, client, scenario]
    assert outcome.verdict == "pass", outcome
    assert outcome.observation.exit.code == (22 if client == "curl" else 1)


def whole(body, kind="application/json"):
    return Response(
        status=200,
        reason="OK",
        headers=(("content-type", kind),),
        framing="length",
        body=body,
        chunks=(ChunkMark(size=len(body), after_ms=0),),
    )


BROKEN_STREAM = whole(
    b'data: {"choices":[{"index":0,"delta":{"content":"Here are"}}]}\n\n'
    b'data: {"error":{"code":"server_error","message":"It broke down."}}\n\n'
    b"data: [DONE]\n\n",
    "text/event-stream",
)
EMPTY = {
    "no choices": whole(b'{"id":"1"}'),
    "no choice": whole(b'{"choices":[]}'),
    "no text": whole(b'{"choices":[{"index":0,"message":{"role":"assistant","content":null}}]}'),
}


@pytest.fixture(scope="module")
def broken_streams(real):
    cells = [answered(real.cell(client, "streaming"), BROKEN_STREAM) for client in CLIENTS]
    return dict(zip(CLIENTS, real.run(cells), strict=True))


def test_a_stream_that_fails_after_it_has_begun_is_shown_to_have_failed(broken_streams):
    outcome = broken_streams["javascript"]
    assert outcome.verdict == "pass", outcome
    found = outcome.observation
    assert (found.exit.code, found.stdout) == (1, b"Here are\n")
    assert found.stderr == b"server_error: It broke down.\n"


def test_curl_shows_such_a_stream_as_it_came(broken_streams):
    outcome = broken_streams["curl"]
    assert outcome.verdict == "pass", outcome
    assert outcome.observation.exit.code == 0
    assert outcome.observation.stdout.rstrip() == BROKEN_STREAM.body.rstrip()


def test_a_failure_that_is_passed_over_is_found_out(broken_streams):
    """Azure's library for Python hands on no event without a choice, so no sample could tell."""
    outcome = broken_streams["python"]
    assert [one.check for one in outcome.findings] == ["exit.status"]
    assert outcome.observation.stdout == b"Here are\n"


@pytest.fixture(scope="module")
def emptied(real):
    asked = [(name, client) for name in EMPTY for client in ("javascript", "python")]
    cells = [answered(real.cell(client, "basic"), EMPTY[name]) for name, client in asked]
    return dict(zip(asked, real.run(cells), strict=True))


@pytest.mark.parametrize("client", ["javascript", "python"])
@pytest.mark.parametrize("name", EMPTY)
def test_an_answer_without_text_is_said_to_be_empty(emptied, name, client):
    found = emptied[name, client].observation
    assert (found.exit.code, found.stdout, found.stderr) == (1, b"", b"The answer is empty.\n")
