"""What must be visible before more of a stream is sent follows from the chunks already sent."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.checkpoints import checkpoints
from harness.model.recording import ChunkMark, Response


def response(texts, sizes):
    body = b"".join(
        f"data: {json.dumps({'choices': [{'delta': {'content': text}}]}, ensure_ascii=False)}\n\n".encode()
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
