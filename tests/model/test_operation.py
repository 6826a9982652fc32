"""An answer's text follows from a response, and from as much of a stream as has come."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import build
from harness.model.operation import event_data


def event(text):
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n".encode()


@given(st.lists(st.text()), st.data())
def test_only_whole_events_count(project, texts, data):
    chat = project.operations["chat"]
    body = b"".join(event(text) for text in texts)
    cut = data.draw(st.integers(0, len(body)))
    seen = chat.text_of_stream(body[:cut])
    assert "".join(texts).startswith(seen)
    assert chat.text_of_stream(body) == "".join(texts)


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        (b": a comment\nevent: x\ndata:a\n\n", ["a"]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"data: a\n", []),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        (b"id: 1\n\ndata: a\n\n", ["a"]),
    ],
)
def test_events_are_read_as_the_standard_says(body, data):
    assert list(event_data(body)) == data


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


def test_an_error_needs_code_and_message(project):
    chat = project.operations["chat"]
    assert chat.error_of(b'{"error":{"code":"c","message":"m"}}') == ("c", "m")
    assert chat.error_of(b'{"error":["Input should be"]}') is None
    assert chat.error_of(b"Model not found") is None


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
