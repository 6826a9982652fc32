"""What must be visible before more of a stream is sent follows from the chunks already sent."""

import json
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateway.responder import Chunk, Head
from harness.model import jsonvalue
from harness.model.characters import escaped
from harness.model.checkpoints import checkpoints
from harness.model.event_stream import blocks
from harness.model.recording import ChunkMark, Response
from harness.runner.gates import AsItComes, AsRecorded


def response(texts, sizes):
    body = b"".join(
        f"data: {escaped(json.dumps({'choices': [{'delta': {'content': text}}]}, ensure_ascii=False))}\n\n".encode()
        for text in texts
    )
    marks = []
    for size in sizes:
        taken = sum(mark.size for mark in marks)
        marks.append(ChunkMark(size=min(size, len(body) - taken), after_ms=0))
    taken = sum(mark.size for mark in marks)
    marks.append(ChunkMark(size=len(body) - taken, after_ms=0))
    headers = (("content-type", "text/event-stream"),)
    return Response(
        status=200, reason="OK", headers=headers, framing="chunked", body=body, chunks=tuple(marks)
    )


@pytest.mark.parametrize("reading", ["text", "body"])
@given(
    texts=st.lists(st.text(min_size=1), min_size=1, max_size=8),
    sizes=st.lists(st.integers(1, 90), max_size=12),
)
def test_a_gate_asks_only_for_what_has_been_sent_and_never_for_all(project, reading, texts, sizes):
    recorded = response(texts, sizes)
    found = checkpoints(recorded, project.operations["chat"], reading)
    whole = "".join(texts) if reading == "text" else recorded.body.decode()
    sent = 0
    for number, mark in enumerate(recorded.chunks):
        sent += mark.size
        if number in found:
            assert found[number]
            assert whole.startswith(found[number])
            assert found[number] != whole
            if reading == "body":
                assert len(found[number].encode()) <= sent
    assert len(found) <= 2


def test_the_shipped_stream_has_two_gates_for_every_reading(project):
    recorded = project.recordings["streaming"].exchanges[0].response
    for reading in ("text", "body"):
        assert len(checkpoints(recorded, project.operations["chat"], reading)) == 2


def test_a_whole_answer_has_none(project):
    recorded = project.recordings["basic"].exchanges[0].response
    assert checkpoints(recorded, project.operations["chat"], "text") == {}


class Counting:
    """Counts what is read of a stream."""

    def __init__(self, monkeypatch):
        self.texts = 0
        parse = jsonvalue.parse

        def counted(data):
            self.texts += 1
            return parse(data)

        monkeypatch.setattr(jsonvalue, "parse", counted)


def late(chunks):
    """A stream whose text comes at its end."""
    return response(
        [*[""] * chunks, "Here ", "are ", "five good reasons why you should exercise.", "!"], []
    )


@pytest.mark.parametrize("reading", ["text", "body"])
def test_each_event_is_read_once_however_many_there_are(project, monkeypatch, reading):
    operation = project.operations["chat"]
    events = blocks(late(200).body)
    marks = tuple(ChunkMark(size=len(event), after_ms=0) for event in events)
    recorded = msgspec.structs.replace(late(200), chunks=marks)
    counting = Counting(monkeypatch)
    assert len(checkpoints(recorded, operation, reading)) == 2
    assert counting.texts <= len(events)


@pytest.mark.parametrize("client", ["curl", "python"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_live_stream_is_read_as_it_comes(project, monkeypatch, client, end):
    operation = project.operations["chat"]
    events = [one.replace(b"\n", end.encode()) for one in blocks(late(200).body)]
    counting = Counting(monkeypatch)
    due = AsItComes(operation, project.clients[client])
    headers = (("Content-Type", "text/event-stream"),)
    head = Head(status=200, reason="OK", headers=headers, framing="chunked")
    found = [due(part) for part in (head, *(Chunk(data=event) for event in events))]
    told = [(number, text) for number, text in enumerate(found) if text is not None]
    assert [number for number, _ in told] == [201, 203]
    if client == "python":
        assert [text for _, text in told] == [
            "Here ",
            "Here are five good reasons why you should exercise.",
        ]
    else:
        assert told[0][1] == b"".join(events[:201]).decode()
    assert counting.texts <= len(events)


def test_a_place_holds_no_half_of_a_character(project):
    """What comes of halves depends on who writes them; a place asks for what is sure."""
    recorded = response(["Hi ", "\ud83d", "\ude00 there", " you"], [])
    marks = tuple(ChunkMark(size=len(one), after_ms=0) for one in blocks(recorded.body))
    recorded = msgspec.structs.replace(recorded, chunks=marks)
    assert set(checkpoints(recorded, project.operations["chat"], "text").values()) == {"Hi "}


def test_places_are_those_of_one_answer_of_several(project):
    due = AsRecorded({0: "a", 1: "b"}, answer=1)
    head = Head(status=200, reason="OK", headers=(), framing="chunked")
    parts = [head, *[Chunk(data=b"x")] * 2] * 3
    assert [due(part) for part in parts] == [None] * 4 + ["a", "b"] + [None] * 3
    assert AsRecorded({0: "a"}, answer=0)(msgspec.structs.replace(head, miss="?")) is None


def test_a_live_stream_is_read_whatever_its_coding(project):
    """Some servers compress although they were asked not to."""
    packer = zlib.compressobj(wbits=31)
    texts = blocks(late(1).body)
    chunks = [packer.compress(one) + packer.flush(zlib.Z_SYNC_FLUSH) for one in texts]
    headers = (("content-type", "text/event-stream"), ("content-encoding", "gzip"))
    head = Head(status=200, reason="OK", headers=headers, framing="chunked")
    due = AsItComes(project.operations["chat"], project.clients["python"])
    found = [due(part) for part in (head, *(Chunk(data=one) for one in chunks))]
    assert found == [
        None,
        None,
        "Here ",
        None,
        "Here are five good reasons why you should exercise.",
        None,
    ]
    due = AsItComes(project.operations["chat"], project.clients["python"])
    assert [due(part) for part in (head, Chunk(data=b"no gzip"), Chunk(data=texts[1]))] == [
        None
    ] * 3
