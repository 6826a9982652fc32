"""Events are read as the standard says, whichever line ends they have and however they are cut."""

from itertools import accumulate

import pytest
from fault import cut
from hypothesis import given
from hypothesis import strategies as st

from harness.model.event_stream import EventReader, blocks, event_data, events
from harness.model.recording import likely_chunks

ENDS = ["\n", "\r\n", "\r"]


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        (b"data: a\r\rdata: b\r\r", ["a", "b"]),
        (b"data: a\n\rdata: b\r\n\r", ["a", "b"]),
        (b": a comment\nevent: x\ndata:a\n\n", ["a"]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"data: a\n", []),
        (b"data: a", []),
        (b"data\n\ndata\ndata\n\ndata:", ["", "\n"]),
        (b"data:  a \n\n", [" a "]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", ["a"]),
        (b"id: 1\n\ndata: a\n\n", ["a"]),
        ("data: a\u2028b\x85c\u2029d\x0be\x0cf\n\n".encode(), ["a\u2028b\x85c\u2029d\x0be\x0cf"]),
        (b"data: \xff\n\n", ["\ufffd"]),
    ],
)
def test_events_are_read_as_the_standard_says(body, data):
    assert event_data(body) == data


def test_a_field_that_the_standard_does_not_know_is_kept():
    (found,) = events(b'error: {"code":400}\nid: 1\n\n')
    assert (found.name, found.data, found.others) == ("", None, (("error", '{"code":400}'),))
    (found,) = events(b"event: error\ndata: x\n\n")
    assert (found.name, found.data) == ("error", "x")


STREAMS = st.lists(
    st.sampled_from(
        ["data: a", "data: é💪", "", "", ": note", "event: x", "\ufeff", "data: \u2028"]
    ).flatmap(lambda line: st.sampled_from(ENDS).map(lambda end: line + end)),
    max_size=12,
).map(lambda lines: "".join(lines).encode())


@given(STREAMS, st.data())
def test_a_stream_may_be_cut_anywhere(body, data):
    """Also within a character, and between CR and LF."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(body)), max_size=9)))
    reader = EventReader()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        found += reader.feed(body[start:end])
        assert reader.end <= end
    assert [*found, *reader.finish()] == events(body)


@pytest.mark.parametrize("end", ENDS)
def test_an_event_has_come_when_its_empty_line_has(end):
    """With CRLF the line has come with the LF: some libraries wait for it."""
    reader = EventReader()
    body = f"data: a{end}{end}".encode()
    assert reader.feed(body[:-1]) == []
    assert [event.data for event in reader.feed(body[-1:])] == ["a"]
    assert reader.end == len(body)


@pytest.mark.parametrize("end", ENDS)
def test_a_stream_is_cut_at_its_events_whatever_ends_its_lines(end):
    pieces = [
        f"{text}{end}{end}".encode() for text in (": note", "data: 1", f"event: x{end}data: 2")
    ]
    body = b"".join(pieces) + b"data"
    assert blocks(body) == [*pieces, b"data"]
    assert cut(body, "event") == [*pieces, b"data"]
    marks = likely_chunks((("content-type", "text/event-stream; charset=utf-8"),), body)
    assert [mark.size for mark in marks] == [len(one) for one in [*pieces, b"data"]]


@given(STREAMS)
def test_cutting_loses_nothing(body):
    pieces = blocks(body)
    assert b"".join(pieces) == body
    assert all(pieces)
    reader = EventReader()
    reader.feed(body)
    reader.finish()
    assert set(reader.ends) <= set(accumulate(map(len, pieces)))
