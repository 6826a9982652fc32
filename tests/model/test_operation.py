"""An answer's text follows from a response, and from as much of a stream as has come."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
