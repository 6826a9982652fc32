import gzip
import json

import msgspec
import pytest

from harness.model.recording import ChunkMark, Exchange, Provenance, Recording, Response
from harness.record.changes import changes
from harness.record.rules import load_rules

BODY = {
    "id": "chatcmpl-1",
    "created": 1,
    "model": "phi",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris."}}],
    "usage": {"total_tokens": 9},
}
HEADERS = (("date", "today"), ("content-type", "application/json"), ("x-region", "East"))


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return load_rules(tmp_path_factory.mktemp("none"))


def answer(body=BODY, headers=HEADERS, **more):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    marks = (ChunkMark(size=len(data), after_ms=0),)
    known = {"status": 200, "reason": "OK", "framing": "length", "chunks": marks}
    return Response(headers=headers, body=data, **(known | more))


def stream(*texts, **fields):
    events = [{"choices": [{"index": 0, "delta": {"content": text}}], **fields} for text in texts]
    parts = [f"data: {json.dumps(event)}\n\n".encode() for event in events] + [b"data: [DONE]\n\n"]
    marks = tuple(ChunkMark(size=len(part), after_ms=100) for part in parts)
    headers = (("content-type", "text/event-stream"),)
    return answer(b"".join(parts), headers, framing="chunked", chunks=marks)


def recording(*responses):
    return Recording(
        scenario="basic",
        file="basic.yaml",
        provenance=Provenance(how="recorded", on="2026-11-22"),
        exchanges=tuple(
            Exchange(method="POST", path="/chat/completions", response=one) for one in responses
        ),
    )


def found(before, after, project, rules):
    operation = project.operations["chat"]
    every = changes(recording(before), recording(after), operation, rules)
    return [(one.kind, one.message) for one in every]


def changed(**fields):
    return answer({**BODY, **fields})


def message(**fields):
    return changed(
        choices=[{"index": 0, "message": {"role": "assistant", "content": "Paris.", **fields}}]
    )


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (answer(), []),
        (answer(headers=(("date", "tomorrow"), *HEADERS[1:])), []),
        (changed(created=2, id="chatcmpl-2"), []),
        (message(content="Paris, of course."), [("wording", '"Paris." → "Paris, of course."')]),
        (changed(usage={"total_tokens": 10}), [("values", "$.usage.total_tokens: 9 → 10")]),
        (changed(model="phi4"), [("values", '$.model: "phi" → "phi4"')]),
        (
            changed(model=None),
            [("shape", "$.model: string → null"), ("values", '$.model: "phi" → null')],
        ),
        (changed(extra={"deep": {"er": 1}}), [("shape", "$.extra is new")]),
        (message(refusal=None), [("shape", "$.choices[].message.refusal is new")]),
        (changed(usage={}), [("shape", "$.usage.total_tokens is gone")]),
        (answer(headers=HEADERS[:2]), [("headers", "x-region is gone")]),
        (answer(headers=(*HEADERS, ("X-New", "1"))), [("headers", "x-new is new")]),
        (
            answer(headers=(*HEADERS[:2], ("X-Region", "West"))),
            [("headers", 'x-region: "East" → "West"')],
        ),
        (answer(framing="chunked"), [("chunks", "framing: length → chunked")]),
        (answer(status=201), [("status", "status: 200 → 201")]),
        (answer(length=999, ending="reset"), [("status", "ending: complete → reset")]),
        (answer(trailers=(("x-sum", "1"),)), [("headers", "trailer x-sum is new")]),
        (answer(json.dumps(BODY, indent=1).encode()), []),
        (
            answer(b"<html>"),
            [
                ("shape", "$ is gone"),
                ("wording", '"Paris." → "<html>"'),
            ],
        ),
    ],
)
def test_each_kind_of_change_is_told_apart(project, rules, after, expected):
    assert found(answer(), after, project, rules) == expected


def test_a_stream_is_compared_as_a_reader_sees_it(project, rules):
    before = stream("Pa", "ris", "", model="phi", id="1")
    assert found(before, stream("Pa", "ris", "", model="phi", id="2"), project, rules) == []
    assert found(before, stream("Par", "is.", "", model="phi", id="1"), project, rules) == [
        ("wording", '"Paris" → "Paris."')
    ]
    assert found(before, stream("Paris", model="phi", id="1"), project, rules) == [
        ("chunks", "4 chunks in 0.4 s → 2 chunks in 0.2 s")
    ]
    assert found(before, stream("Pa", "ris", None, model="phi4", id="1"), project, rules) == [
        ("shape", "$.choices[].delta.content: string → null or string"),
        ("values", '$.model: "phi" → "phi4"'),
    ]


def test_the_same_bytes_cut_otherwise_are_a_change_of_chunks(project, rules):
    size = len(answer().body)
    cut = [(size - 1, 0), (1, 1000)]
    marks = tuple(ChunkMark(size=one, after_ms=gap) for one, gap in cut)
    assert found(answer(), answer(chunks=marks), project, rules) == [
        ("chunks", "1 chunk in 0.0 s → 2 chunks in 1.0 s")
    ]
    assert found(answer(), answer(framing_known=False), project, rules) == [
        ("chunks", "framing: length → unknown")
    ]
    assert found(answer(), answer(chunks_known=False), project, rules) == [
        ("chunks", "1 chunk in 0.0 s → unknown")
    ]


def test_a_compressed_body_is_compared_as_what_it_says(project, rules):
    data = gzip.compress(json.dumps(BODY).encode())
    coded = answer(data, (*HEADERS, ("content-encoding", "gzip")))
    assert found(answer(), coded, project, rules) == [("headers", "content-encoding is new")]


def test_exchanges_that_come_or_go_are_told(project, rules):
    operation = project.operations["chat"]
    two = recording(answer(), answer(status=500))
    assert [str(one.message) for one in changes(recording(answer()), two, operation, rules)] == [
        "1 before, 2 now"
    ]
    moved = msgspec.structs.replace(two.exchanges[0], path="/other")
    moved = msgspec.structs.replace(two, exchanges=(moved, two.exchanges[1]))
    (change,) = changes(two, moved, operation, rules)
    assert (change.kind, change.message) == (
        "exchanges",
        "exchange 1: POST /chat/completions → POST /other",
    )
