"""A recording that can prove nothing of the samples it answers is told with its line."""

import json

import msgspec
import pytest

from harness.model.dump import dump
from harness.model.project import open_project
from harness.model.recording import ChunkMark, Exchange, Response, likely_chunks
from harness.model.usable import shortcomings

JSON, STREAM = "application/json", "text/event-stream"


def whole(text="Paris.", **more):
    body = {"choices": [{"message": {"content": text}}], **more}
    return response(json.dumps(body).encode(), JSON)


def event(text, finish=None):
    choice = {"delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


DONE = b"data: [DONE]\n\n"
GOOD = [event("Paris, "), event("of course."), event("", "stop"), DONE]


def response(body, kind=STREAM, chunks=None, **more):
    headers = (("content-type", kind),)
    marks = likely_chunks(headers, body)
    if chunks:
        marks = tuple(ChunkMark(size=size, after_ms=0) for size in chunks)
    known = {"status": 200, "reason": "OK", "framing": "chunked", "chunks": marks} | more
    return Response(headers=headers, body=body, **known)


def stream(*events, chunks=None, **more):
    return response(b"".join(events), chunks=chunks, **more)


GOOD_ONES = {
    "an answer": (False, whole()),
    "a stream": (True, stream(*GOOD)),
    "a stream without its last event": (True, stream(*GOOD[:3])),
    "a stream without a reason to finish": (True, stream(*GOOD[:2], DONE)),
    "an error": (False, response(b"", status=503, reason="Busy")),
    "an error for a stream": (True, response(b"{}", JSON, status=400, reason="No")),
    "an error in a body": (False, whole("", error={"code": 1, "message": "m"})),
    "an error in a stream": (True, stream(b'data: {"error":{"message":"m"}}\n\n')),
    "an answer that is withheld": (
        False,
        response(b'{"choices":[{"message":{},"finish_reason":"content_filter"}]}', JSON),
    ),
    "a stream that is withheld": (True, stream(GOOD[0], event("", "content_filter"), DONE)),
    "a stream that says that it was cut": (True, stream(GOOD[0], ending="cut")),
    "a stream that broke off": (True, stream(GOOD[0], ending="reset")),
}

BAD_ONES = {
    "no body": (False, response(b"", JSON), "body", "with text at $.choices[0].message.content"),
    "no text": (False, whole(None), "body", "received none"),
    "blanks": (False, whole(" \n"), "body", "received none"),
    "no JSON": (False, response(b"<p>Paris</p>", "text/html"), "body", "that is JSON"),
    "a key twice": (False, response(b'{"a":1,"a":2}', JSON), "body", 'the key "a" is given twice'),
    "no UTF-8": (False, response(b'{"a":"caf\xe9"}', JSON), "body", "that is JSON: 'utf-8' codec"),
    "no event": (True, stream(), "ending", "stops after 0 bytes"),
    "events without text": (True, stream(event("", "stop"), DONE), "body", "delta.content"),
    "a coding that nobody knows": (False, msgspec.structs.replace(
        response(b"?", JSON), headers=(("content-type", JSON), ("content-encoding", "br"))
    ), "body", "its coding is br"),
    "what is expected is not there": (False, whole("Lyon."), "body", "does not mention 'Pa'"),
    "too little": (True, stream(event("P"), event("ar"), DONE), "body", "has 3 characters"),
    "a stream where none is asked for": (False, stream(*GOOD), "headers", "expected no stream"),
    "no stream where one is asked for": (True, whole(), "headers", "expected an event stream"),
    "a stream that stops": (True, stream(*GOOD[:2]), "ending", "ending: cut"),
    "a stream in one chunk": (
        True, stream(*GOOD, chunks=[sum(map(len, GOOD))]), "chunks", "at least two chunks"
    ),
    "a stream of one event": (True, stream(event("Paris!"), DONE), "chunks", "all of it in one"),
}  # fmt: skip


def judged(project, streams, *answers):
    scenario = project.scenarios["streaming" if streams else "basic"]
    expect = msgspec.structs.replace(scenario.expect, contains=("Pa",), min_chars=5)
    recording = msgspec.structs.replace(
        project.recordings["basic"],
        exchanges=tuple(Exchange(method="POST", path="/", response=one) for one in answers),
    )
    scenario = msgspec.structs.replace(scenario, expect=expect)
    return list(shortcomings(recording, scenario, project.operations["chat"]))


@pytest.mark.parametrize("name", GOOD_ONES)
def test_what_proves_something_is_taken(project, name):
    streams, answer = GOOD_ONES[name]
    assert judged(project, streams, answer) == []


@pytest.mark.parametrize("name", BAD_ONES)
def test_what_proves_nothing_is_not(project, name):
    streams, answer, field, says = BAD_ONES[name]
    (found,) = judged(project, streams, answer)
    place, message, hint = found
    assert place == ("exchanges", 0, "response", field)
    assert says in f"{message}\n{hint}"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_ends_of_a_stream_do_not_matter(project, end):
    body = b"".join(GOOD).replace(b"\n", end.encode())
    answer = response(body)
    assert len(answer.chunks) == len(GOOD)
    assert judged(project, True, answer) == []


def test_only_the_last_answer_is_shown(project):
    busy = response(b"", status=429, reason="Later")
    assert judged(project, False, busy, whole()) == []
    assert [place[1] for place, *_ in judged(project, False, busy, whole(""))] == [1]


def test_a_project_knows_which_of_its_recordings_prove_nothing(
    project, copy_first_samples, tmp_path
):
    """Its other scenarios still run, and it is searched for secrets all the same."""
    root = copy_first_samples(tmp_path / "project")
    assert open_project(root).damaged == {}
    recording = project.recordings["basic"]
    exchange = msgspec.structs.replace(recording.exchanges[0], response=whole(""))
    text = dump(msgspec.structs.replace(recording, exchanges=(exchange,)))
    (root / recording.file).write_text(text, "utf-8")
    found = open_project(root)
    (problem,) = found.damaged["basic"]
    assert text.splitlines()[problem.line - 1].strip() == "body:"
    assert (problem.file, problem.field) == (recording.file, "exchanges[0].response.body")
    assert sorted(found.recordings) == ["multi_turn", "streaming"]
    assert list(found.unusable) == ["basic"]
