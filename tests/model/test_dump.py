from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import build
from harness.model.dump import dump
from harness.model.recording import (
    ChunkMark,
    Exchange,
    Provenance,
    Recording,
    Response,
    likely_chunks,
    likely_framing,
)

VALUE = st.from_regex(r"([!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?)?", fullmatch=True)
NAME = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", fullmatch=True).filter(
    lambda name: name.lower() not in {"content-length", "transfer-encoding"}
)
FIELDS = st.lists(st.tuples(NAME, VALUE), max_size=3).map(tuple)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
STREAM = st.lists(TEXT, max_size=5).map(lambda events: "".join(f"{e}\n\n" for e in events))
BODY = st.one_of(st.binary(), TEXT.map(str.encode), STREAM.map(str.encode))
GAP = st.one_of(st.integers(0, 10**6).map(float), st.floats(0, 1e9))


@st.composite
def responses(draw):
    body = draw(BODY)
    framing = draw(st.sampled_from(["length", "chunked", "close", "unknown"]))
    ending = draw(st.sampled_from(["complete", "closed", "reset", "timed_out"]))
    headers = draw(FIELDS) + draw(
        st.sampled_from([(), (("content-type", "text/event-stream; charset=utf-8"),)])
    )
    known = draw(st.booleans())
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(body) - 1)), max_size=40)))
    borders = [0, *(cut for cut in cuts if cut < len(body)), len(body)] if body else [0]
    marks = tuple(
        ChunkMark(size=end - start, after_ms=draw(GAP)) for start, end in pairwise(borders)
    )
    short = framing == "length" and ending != "complete" and draw(st.booleans())
    return Response(
        status=draw(st.integers(200, 599)),
        reason=draw(st.from_regex(r"[\t -~\x80-\xff]*", fullmatch=True)),
        headers=headers,
        framing=likely_framing(headers) if framing == "unknown" else framing,
        framing_known=framing != "unknown",
        length=len(body) + draw(st.integers(1, 10**9)) if short else None,
        body=body,
        chunks=marks if known else likely_chunks(headers, body),
        chunks_known=known,
        trailers=draw(FIELDS) if (framing, ending) == ("chunked", "complete") else (),
        ending=ending,
    )


def recording(*answers, **provenance):
    known = {"how": "recorded", "on": "2026-11-22"}
    return Recording(
        scenario="question",
        file="samples/recordings/question.yaml",
        provenance=Provenance(**(known | provenance)),
        exchanges=tuple(Exchange(method="POST", path="/chat", response=one) for one in answers),
    )


def read(folder, text):
    (folder / "question.yaml").write_bytes(text.encode())
    problems = []
    found = build.recording(folder / "question.yaml", "samples/recordings/question.yaml", problems)
    assert problems == []
    return found


@settings(max_examples=60, deadline=None)  # reading YAML takes its time
@given(
    answers=st.lists(responses(), min_size=1, max_size=3),
    note=TEXT,
    versions=st.dictionaries(TEXT, TEXT, max_size=2),
)
def test_any_recording_is_read_back_as_it_was(tmp_path_factory, answers, note, versions):
    wanted = recording(*answers, note=note, versions=versions, endpoint="ollama", client="curl")
    folder = tmp_path_factory.getbasetemp()
    assert read(folder, dump(wanted)) == wanted


@pytest.mark.parametrize("name", ["basic", "multi_turn", "streaming"])
def test_this_projects_recordings_are_read_back_as_they_were(project, tmp_path, name):
    wanted = msgspec.structs.replace(
        project.recordings[name], scenario="question", file="samples/recordings/question.yaml"
    )
    text = dump(wanted)
    assert read(tmp_path, text) == wanted
    assert dump(read(tmp_path, text)) == text


def answer(body, kind, chunks=None, **more):
    headers = (("content-type", kind),)
    marks = likely_chunks(headers, body)
    if chunks:
        marks = tuple(ChunkMark(size=size, after_ms=gap) for size, gap in chunks)
    known = {"status": 200, "reason": "OK", "framing": "chunked", "chunks": marks}
    return Response(headers=headers, body=body, **(known | more))


def test_an_event_stands_in_a_line_and_chunks_in_a_compact_list():
    body = 'data: {"a":"it\'s"}\n\nevent: x\ndata: é\n\n'.encode()
    text = dump(recording(answer(body, "text/event-stream", [(20, 180), (len(body) - 20, 0.5)])))
    assert "          - 'data: {\"a\":\"it''s\"}'\n" in text
    assert '          - "event: x\\u000adata: é"\n' in text.replace("\\n", "\\u000a")
    assert "      chunks: [[20, 180], [19, 0.5]]\n" in text


def test_a_long_list_of_chunks_is_wrapped(tmp_path):
    wanted = recording(answer(b"x" * 500, "text/plain", [(5, 12.5)] * 100))
    text = dump(wanted)
    assert max(map(len, text.splitlines())) < 520
    listed = [line for line in text.splitlines() if line.lstrip().startswith("[5,")]
    assert len(listed) > 5
    assert max(map(len, listed)) <= 100
    assert read(tmp_path, text) == wanted


def test_a_changed_field_is_a_changed_line():
    body = b'{"choices":[{"index":0,"message":{"content":"Paris is the capital of France.","role":"assistant"}}]}'
    before = dump(recording(answer(body, "application/json"))).splitlines()
    after = dump(recording(answer(body.replace(b"Paris", b"Paris,"), "application/json")))
    changed = [line for line in after.splitlines() if line not in before]
    assert [line.strip().split(":")[0] for line in changed] == ['- \'"message"', "sha256"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("framing: length\n      length: 5", "length: expected more than the 5 bytes"),
        ("framing: length\n      trailers: [[a, b]]", "only a chunked body that is complete"),
        ("framing: length\n      chunks: anything", "a list of pairs, or unknown"),
    ],
)
def test_what_no_server_could_have_sent_is_refused(tmp_path, change, complaint):
    text = dump(recording(answer(b"hello", "text/plain", framing="length")))
    assert "framing: length" in text
    (tmp_path / "question.yaml").write_text(text.replace("framing: length", change))
    problems = []
    assert build.recording(tmp_path / "question.yaml", "question.yaml", problems) is None
    assert any(complaint in str(problem) for problem in problems), problems


def test_chunks_that_nobody_noted_are_sent_one_event_at_a_time(tmp_path):
    body = b"data: 1\n\ndata: 2\r\n\r\ndata"
    headers = (("content-type", "text/event-stream"),)
    marks = likely_chunks(headers, body)
    assert [mark.size for mark in marks] == [9, 11, 4]
    wanted = recording(answer(body, "text/event-stream", chunks_known=False, ending="closed"))
    text = dump(wanted)
    assert "chunks: unknown" in text
    assert read(tmp_path, text) == wanted


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_an_event_stands_in_a_line_whatever_ends_its_own_lines(tmp_path, end):
    body = f"data: {{}}{end}{end}: note{end}{end}data: 2{end}{end}".encode()
    wanted = recording(answer(body, "text/event-stream"))
    text = dump(wanted)
    told = [line.strip() for line in text.splitlines() if line.startswith("          - ")]
    assert [line.count("data") for line in told] == [1, 0, 1]
    assert read(tmp_path, text) == wanted


def test_a_stream_that_was_cut_is_read_back_as_one(tmp_path):
    trailers = (("x-sum", "1"),)
    wanted = recording(answer(b"data: 1\n\n", "text/event-stream", ending="cut", trailers=trailers))
    assert "ending: cut" in dump(wanted)
    assert read(tmp_path, dump(wanted)) == wanted
