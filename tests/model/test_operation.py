"""An answer's text follows from a response, and from as much of a stream as has come."""

import json
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import build
from harness.model.failure import ErrorRule
from harness.model.recording import ChunkMark, Response
from harness.model.stream import surely_seen


def event(text):
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n".encode()


def read(chat, *parts):
    """What a stream says that comes in these parts, and then no more."""
    stream = chat.stream()
    for part in parts:
        stream.feed(part)
    return stream


@given(st.lists(st.text()), st.data())
def test_only_whole_events_count(project, texts, data):
    chat = project.operations["chat"]
    body = b"".join(event(text) for text in texts)
    cut = data.draw(st.integers(0, len(body)))
    stream = read(chat, body[:cut])
    assert "".join(texts).startswith(stream.text)
    stream.feed(body[cut:])
    assert stream.text == chat.text_of_stream(body) == "".join(texts)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"choices":[{"message":{"content":"yes"}}]}', "yes"),
        (b'{"choices":[]}', None),
        (b'{"choices":[{"message":{"content":null}}]}', None),
        (b"<html>", None),
    ],
)
def test_the_answer_of_a_response(project, body, text):
    assert project.operations["chat"].text_of_response(body) == text


def test_a_stream_ends_where_it_says_so(project):
    body = event("a") + b"data: [DONE]\n\n" + event("b")
    assert project.operations["chat"].text_of_stream(body) == "a"


TOLD = [
    ('{"error":{"code":"c","message":"m"}}', "c", "m"),
    ('{"error":{"code":400,"message":"m"}}', "400", "m"),
    ('{"error":{"code":4e2,"message":"m"}}', "400", "m"),
    ('{"error":{"code":null,"message":"m"}}', "", "m"),
    ('{"error":{"message":"m"}}', "", "m"),
    ('{"error":"m"}', "", "m"),
    ('{"error":{"code":"c","message":null}}', "c", ""),
    ('{"error":["Input should be"]}', "", ""),
    ('{"error":{"type":"server_error"}}', "", ""),
]
NOT_TOLD = [
    "{}",
    '{"error":null}',
    '{"error":{}}',
    '{"error":""}',
    "Model not found",
    "[]",
    '"error"',
]


@pytest.mark.parametrize(("body", "code", "message"), TOLD)
def test_an_error_is_known_whatever_its_code_is(project, body, code, message):
    chat = project.operations["chat"]
    found = chat.error_of(body)
    assert (found.code, found.message, found.text) == (code, message, body)
    for ways in (
        [f"data: {body}\n\n"],
        [f"event: oops\r\ndata: {body}\r\n\r\n"],
        [f"event: error\ndata: {json.dumps(json.loads(body)['error'])}\n\n"],
        [f"error: {json.dumps(json.loads(body)['error'])}\n\n"],
    ):
        stream = read(chat, event("One. "), *map(str.encode, ways))
        assert (stream.failure.code, stream.failure.message) == (code, message), ways
        assert stream.text == "One. "


@pytest.mark.parametrize("body", NOT_TOLD)
def test_what_tells_no_error_is_none(project, body):
    chat = project.operations["chat"]
    assert chat.error_of(body) is None
    assert read(chat, f"data: {body}\n\n".encode()).failure is None


def test_an_error_of_an_event_may_be_plain_words(project):
    chat = project.operations["chat"]
    for body in (b"event: error\ndata: It broke.\n\n", b"error: It broke.\n\n"):
        assert str(read(chat, body).failure) == "It broke."


def test_where_an_error_stands_is_the_rules_word(project):
    """No name is built in: here an error stands among the other fields of a body."""
    flat = ErrorRule(code="$.statusCode", message="$.detail.text")
    chat = msgspec.structs.replace(project.operations["chat"], error=flat)
    body = b'{"statusCode":401,"detail":{"text":"Who are you?"}}'
    assert str(chat.error_of(body)) == "401: Who are you?"
    assert str(read(chat, b"data: " + body + b"\n\n").failure) == "401: Who are you?"
    assert chat.error_of(b'{"statusCode":200,"detail":{}}') is None
    assert chat.error_of(b'{"error":{"code":"c","message":"m"}}') is None


def response(body, kind="text/event-stream", **more):
    known = {"status": 200, "reason": "OK", "framing": "chunked"} | more
    marks = (ChunkMark(size=len(body), after_ms=0),) if body else ()
    return Response(headers=(("content-type", kind),), body=body, chunks=marks, **known)


def last(reason, text=""):
    choice = {"delta": {"content": text}, "finish_reason": reason}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


DONE = b"data: [DONE]\n\n"
FAILED = b'data: {"error":{"code":500,"message":"It broke."}}\n\n'
SHORT = {"framing": "length", "length": 999}


@pytest.mark.parametrize(
    ("body", "more", "kind", "trouble"),
    [
        (event("One.") + DONE, {}, "answer", ""),
        (event("One.") + last("stop"), {}, "answer", ""),
        (event("One.") + last("length"), {}, "answer", ""),
        (event("One.") + last(None), {}, "cut", "without '[DONE]' or a reason at $.choices"),
        (event("One.") + last(""), {}, "cut", "the stream stops after"),
        (b"", {}, "cut", "the stream stops after 0 bytes"),
        (event("One.") + DONE, {"ending": "cut"}, "cut", "the stream stops"),
        (event("One.") + last("content_filter") + DONE, {}, "withheld", ": content_filter"),
        (event("One.") + FAILED, {}, "error", "the stream ends with an error: 500: It broke."),
        (event("One.") + FAILED + DONE, {}, "error", "500: It broke."),
        (event("One."), {"ending": "reset"}, "broken", "broke off after 53 bytes: the connection"),
        (event("One."), {"ending": "closed", "framing": "close"}, "broken", "was closed"),
        (event("One.") + DONE, {"ending": "closed", "framing": "length"}, "answer", ""),
        (event("One.") + DONE, {"ending": "timed_out", **SHORT}, "broken", "no more came in time"),
        (event("One.") + DONE, {"status": 503, "reason": "Busy"}, "error", "answered 503 Busy"),
    ],
)
def test_what_a_stream_is(project, body, more, kind, trouble):
    reply = project.operations["chat"].reply(response(body, **more))
    assert reply.kind == kind
    assert trouble in reply.trouble
    assert (reply.trouble == "") == (kind == "answer")


@pytest.mark.parametrize(
    ("body", "kind", "trouble"),
    [
        ({"choices": [{"message": {"content": "One."}}]}, "answer", ""),
        ({"choices": [{"message": {"content": "One."}, "finish_reason": "stop"}]}, "answer", ""),
        ({"choices": [{"message": {}, "finish_reason": "content_filter"}]}, "withheld", "content_"),
        ({"error": {"code": 1, "message": "m"}}, "error", "the body tells an error: 1: m"),
        ({"error": {"code": 1, "message": "m"}, "choices": []}, "error", "1: m"),
        ({}, "answer", ""),
    ],
)
def test_what_a_body_is(project, body, kind, trouble):
    chat = project.operations["chat"]
    reply = chat.reply(response(json.dumps(body).encode(), "application/json"))
    assert reply.kind == kind
    assert trouble in reply.trouble


@given(st.text(st.characters(), max_size=9), st.data())
def test_a_character_may_be_cut_in_two_by_events(project, text, data):
    """JSON escapes are UTF-16: a piece may end within a character."""
    chat = project.operations["chat"]
    halves = [
        text.encode("utf-16-le", "surrogatepass")[at : at + 2].decode("utf-16-le", "surrogatepass")
        for at in range(0, 2 * len(text.encode("utf-16-le", "surrogatepass")) // 2, 2)
    ]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(halves)))))
    borders = [0, *cuts, len(halves)]
    pieces = ["".join(halves[start:end]) for start, end in pairwise(borders)]
    body = b"".join(map(event, pieces)) + DONE
    reply = chat.reply(response(body))
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert reply.text == whole
    assert whole in reply.spellings
    for spelling in reply.spellings:
        spelling.encode()  # whatever came, it can be written
        assert spelling.startswith(surely_seen(pieces))


HEADERS = """headers:
  Content-Type: application/json; charset=utf-8
  Authorization: .*
  api-version: '('
  API-Version: \\d+
  'no name': x
  x-count: 1
"""


def test_every_problem_of_the_headers_that_are_required_is_told_with_its_line(root, tmp_path):
    text = (root / "samples/operations/chat.yaml").read_text("utf-8")
    before, _, after = text.partition("headers:\n  Content-Type: application/json\n")
    path = tmp_path / "chat.yaml"
    path.write_text(before + HEADERS + after, "utf-8")
    problems = []
    assert build.operation(path, "chat.yaml", problems) is None
    first = before.count("\n") + 1
    told = {one.line - first: one.message for one in problems}
    assert sorted(told) == [0, 1, 2, 3, 4, 6]
    assert told[1].startswith("expected a media type without parameters")
    assert "among the credentials" in told[2]
    assert "regular expression" in told[3]
    assert "twice" in told[4]
    assert "name of a header" in told[0]
    assert "a text" in told[6]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/completions", "old"),
        ("POST", "/v1/completions", "old"),
        ("POST", "/chat/completions", "chat"),
        ("POST", "/v1/chat/completions", "chat"),
        ("POST", "/livechat/completions", "old"),
        ("PUT", "/v1/chat/completions", None),
        ("POST", "/v1/old-completions", None),
        ("POST", "/v1/completions/1", None),
    ],
)
def test_a_request_is_for_the_operation_with_the_longest_path_that_it_ends_with(
    project, method, path, expected
):
    chat = project.operations["chat"]
    old = msgspec.structs.replace(chat, name="old", path="/completions")
    every = [old, chat]
    assert [one.name for one in every if one.is_asked(method, path, every)] == (
        [expected] if expected else []
    )
