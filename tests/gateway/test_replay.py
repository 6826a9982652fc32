import json
from types import SimpleNamespace

import msgspec
import pytest
from wire import collect

from harness.gateway.replay import Replay
from harness.gateway.responder import Chunk, End, Head, Request
from harness.model.catalog import Endpoint
from harness.model.cell import Cell
from harness.model.operation import AnswerRule, ErrorRule, Operation
from harness.model.problem import HarnessError
from harness.model.recording import ChunkMark, Exchange, Provenance, Recording, Response
from harness.model.retry import Retry
from harness.model.scenario import Message, Scenario

OPERATION = Operation(
    name="chat",
    title="Chat",
    method="POST",
    path="/chat",
    query={"api-version": ".*"},
    credentials=(),
    roles=("user",),
    parameters={},
    answer=AnswerRule(response="$.text", event="$.text", done="[DONE]"),
    error=ErrorRule(code="$.error.code", message="$.error.message"),
)
EXPECTED = {
    "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Grüße?"}],
    "temperature": 1,
    "stream": True,
}


def exchange(body, *sizes):
    response = Response(
        status=200,
        reason="OK",
        headers=(("Content-Type", "text/event-stream"), ("content-length", "7")),
        framing="chunked",
        body=body,
        chunks=tuple(ChunkMark(size=size, after_ms=5) for size in sizes),
    )
    return Exchange(method="POST", path="/chat", response=response)


def recording(*exchanges):
    provenance = Provenance(how="authored", on="2026-01-01")
    return Recording(scenario="s", file="s.yaml", provenance=provenance, exchanges=exchanges)


def replay(*exchanges, body=EXPECTED):
    found = recording(*exchanges or [exchange(b"data: caf\xc3\xa9\n\n", 10, 3)])
    return Replay(found, operation=OPERATION, base_path="/base", body=body)


def request(body=EXPECTED, method="POST", target="/base/chat?api-version=1"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(
        scheme="https",
        host="any.example",
        port=443,
        method=method,
        target=target,
        headers=(),
        body=data,
    )


def changed(**changes):
    return {**EXPECTED, **changes}


def test_an_exchange_comes_back_as_it_was_recorded():
    head, *chunks, end = collect(replay(), request())
    assert isinstance(head, Head)
    assert (head.status, head.framing, head.length, head.miss) == (200, "chunked", 13, None)
    assert head.headers == (("Content-Type", "text/event-stream"),)
    # The é is cut in two, as it was.
    assert [chunk.data for chunk in chunks] == [b"data: caf\xc3", b"\xa9\n\n"]
    assert [chunk.after_ms for chunk in chunks] == [5, 5]
    assert end == End()


def test_requests_get_the_exchanges_in_turn_and_no_more():
    responder = replay(exchange(b"one", 3), exchange(b"two", 3))
    bodies = [collect(responder, request())[1].data for _ in range(2)]
    assert bodies == [b"one", b"two"]
    assert collect(responder, request())[0].miss == "expected 2 requests; this is request 3"


def test_spelling_does_not_matter():
    body = json.dumps(
        {"stream": True, "temperature": 1.0, "messages": EXPECTED["messages"]}, indent=3
    )
    assert collect(replay(), request(body.encode()))[0].miss is None


def test_without_an_expected_body_any_will_do():
    assert collect(replay(body=None), request(b"\xff"))[0].miss is None


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (request(method="PUT"), "method: expected POST, received PUT"),
        (request(target="/chat"), "path: expected /base/chat, received /chat"),
        (
            request(target="/base/chat?api-version=1&key=abc"),
            "query: expected no name but api-version, received key",
        ),
        (request(b""), "body: expected JSON, received no body"),
        (request(b'{"a":1,"a":2}'), 'the key "a" is given twice'),
        (request(b"{"), "body: expected JSON, received 1 bytes that are not: Expecting"),
        (request(b"[" * 100_000), "body: expected JSON"),
        (
            request(changed(messages=[EXPECTED["messages"][0], {"role": "user", "content": "Hi"}])),
            '$.messages[1].content: expected "Grüße?", received "Hi"',
        ),
        (request(changed(stream=1)), "$.stream: expected true, received 1"),
        (request(changed(temperature=True)), "$.temperature: expected 1, received true"),
        (request(changed(extra=None)), "$.extra: expected nothing, received null"),
    ],
)
def test_a_miss_gives_its_reason_to_us_and_none_to_the_sample(wrong, reason):
    head, chunk, end = collect(replay(), wrong)
    assert reason in head.miss
    assert (head.status, end) == (400, End())
    assert isinstance(chunk, Chunk)
    error = json.loads(chunk.data)["error"]
    assert error == {
        "code": "no_recording",
        "message": "No recorded exchange answers this request; see the report.",
    }
    sent = repr((head.headers, head.reason, chunk))
    assert not any(text in sent for text in ("Gr", "kind", "/base", "api-version", "expected"))


def test_a_wholly_different_request_does_not_drown_the_reason():
    head = collect(replay(), request({str(number): number for number in range(100)}))[0]
    assert head.miss.endswith("; and more")
    assert head.miss.count("; ") == 5


def cell(found):
    scenario = Scenario(
        name="s",
        file="s.yaml",
        operation="chat",
        title="",
        summary="",
        messages=(Message(role="user", content="Hi"),),
        stream=True,
    )
    endpoint = Endpoint(name="e", title="", url="https://any.example/base", token="T")
    return Cell(
        id="python/s",
        client=SimpleNamespace(retry=Retry(times=2, statuses=frozenset({500}))),
        scenario=scenario,
        operation=OPERATION,
        endpoint=endpoint,
        model="m",
        recording=found,
        path="",
        committed=True,
    )


def test_a_cell_says_what_must_be_asked():
    body = {"messages": [{"role": "user", "content": "Hi"}], "model": "m", "stream": True}
    found = Replay.of(cell(recording(exchange(b"one", 3))))
    assert collect(found, request(body))[0].miss is None


def test_an_error_is_given_again_as_often_as_the_client_asks_again():
    body = {"messages": [{"role": "user", "content": "Hi"}], "model": "m", "stream": True}
    first = exchange(b"one", 3)
    error = msgspec.structs.replace(first.response, status=500)
    broken = msgspec.structs.replace(first, response=error)
    found = Replay.of(cell(recording(broken)))
    assert [collect(found, request(body))[0].status for _ in range(3)] == [500] * 3
    assert collect(found, request(body))[0].miss == "expected 3 requests; this is request 4"
    found = Replay.of(cell(recording(broken, first)))
    assert [collect(found, request(body))[0].status for _ in range(2)] == [500, 200]
    assert collect(found, request(body))[0].miss == "expected 2 requests; this is request 3"


def test_a_cell_without_a_recording_cannot_be_answered():
    with pytest.raises(HarnessError, match=r"restore samples/recordings/s\.yaml"):
        Replay.of(cell(None))
