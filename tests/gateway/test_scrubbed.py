"""A key that an endpoint repeats goes no further, however it is repeated."""

import base64
import gzip
import json
import zlib

import msgspec
import pytest
from wire import Parts, collect, ok

from harness.gateway.responder import Chunk, End, Head, NoAnswer
from harness.live.scrubbed import Scrubbed
from harness.model.secret import Secret

SECRET = "sk-live-0123456789abcdef"
KNOWN = Secret(SECRET.encode())
TEXT = json.dumps({"error": f"bad key {SECRET}", "more": "x" * 300}).encode()
STREAM = (("Content-Type", "text/event-stream"),)


def passed(answer, secret=SECRET):
    """What is passed on: the head, the body, the chunks, the end."""
    head, *chunks, end = collect(Scrubbed(answer, secret), None)
    return head, b"".join(chunk.data for chunk in chunks), chunks, end


def coded(data, coding):
    if coding == "bare deflate":
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return packer.compress(data) + packer.flush()
    return zlib.compress(data) if coding == "deflate" else gzip.compress(data)


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 11, 1000])
def test_a_key_is_scrubbed_wherever_chunks_cut_it(size):
    text = f'{{"error": "bad key {SECRET}, {SECRET[:9]} {SECRET}"}}'.encode()
    pieces = cut(text, size)
    answer = ok(*pieces, framing="length", headers=(("x-key", SECRET),), gap=3)
    head, body, chunks, _ = passed(answer)
    assert body == text.replace(SECRET.encode(), b"*" * len(SECRET))
    assert SECRET not in str(head)
    assert len(body) == head.length
    assert sum(chunk.after_ms for chunk in chunks) == 3 * len(pieces)


def test_a_short_key_is_left_alone():
    parts = collect(Scrubbed(ok(b"any text"), "any"), None)
    assert parts[1].data == b"any text"


def test_without_a_key_everything_is_passed_on_as_it_is():
    answer = ok(b"\0\x1f", headers=(("Content-Encoding", "br"),), status=206)
    assert collect(Scrubbed(answer, ""), None) == collect(answer, None)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "bare deflate"])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_coded_answer_is_searched_as_its_reader_has_it(coding, size, framing):
    headers = (("content-encoding", coding.removeprefix("bare ")), ("x", "1"))
    head, body, _, end = passed(
        ok(*cut(coded(TEXT, coding), size), framing=framing, headers=headers)
    )
    assert body == TEXT.replace(SECRET.encode(), b"*" * len(SECRET))
    assert head.headers == (("x", "1"),)
    assert (head.framing, head.length) == ("close" if framing == "close" else "chunked", None)
    assert end.ending == "complete"


def test_a_little_that_stands_for_a_great_deal_is_undone_a_little_at_a_time():
    data = gzip.compress(b" " * 5_000_000)
    _, body, chunks, _ = passed(ok(data, headers=(("content-encoding", "gzip"),)))
    assert len(body) == 5_000_000
    assert max(len(chunk.data) for chunk in chunks) < 70_000


CANNOT = {
    "brotli": ok(b"x", headers=(("content-encoding", "br"),)),
    "zstd": ok(b"x", headers=(("content-encoding", "zstd"),)),
    "two codings": ok(b"x", headers=(("content-encoding", "gzip, gzip"),)),
    "two lines of codings": ok(
        b"x", headers=(("content-encoding", "gzip"), ("content-encoding", "br"))
    ),
    "no gzip": ok(TEXT, headers=(("content-encoding", "gzip"),)),
    "gzip that nobody declares": ok(gzip.compress(TEXT), framing="length"),
    "deflate that nobody declares": ok(coded(TEXT, "bare deflate")),
    "zlib that nobody declares": ok(zlib.compress(TEXT)),
    "zstd that nobody declares": ok(b"\x28\xb5\x2f\xfd\x24\x0a\x51\x00\x00" + b"sk-live-01"),
    "a part of a body": ok(b'"sk-live-0123', status=206),
    "parts of a body": ok(b"x", headers=(("Content-Type", "multipart/byteranges; boundary=a"),)),
}


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_be_searched_is_not_passed_on(name):
    head, body, _, end = passed(CANNOT[name])
    assert (head.status, head.no_answer.cause, end.ending) == (400, "unsearched", "complete")
    assert "the endpoint's answer could not be searched for the key" in head.no_answer.message
    assert head.no_answer.message in json.loads(body)["error"]["message"]


@pytest.mark.parametrize("headers", [(), STREAM], ids=["body", "stream"])
def test_an_answer_that_turns_out_so_later_breaks_off(headers):
    head, body, _, end = passed(ok(b"data: 1\n\n", gzip.compress(TEXT), headers=headers))
    assert (head.status, body, end.ending) == (200, b"data: 1\n\n", "closed")
    assert end.no_answer.cause == "unsearched"


def test_coded_data_without_its_end_is_no_whole_answer():
    data = gzip.compress(TEXT)[:-9]
    *_, end = passed(ok(data, headers=(("content-encoding", "gzip"),)))
    assert end.ending == "closed"


def test_text_in_wide_characters_is_searched_too():
    text = TEXT.decode().encode("utf-16-le")
    kind = (("Content-Type", "application/json; charset=UTF-16"),)
    _, body, _, end = passed(ok(*cut(text, 11), headers=kind))
    assert end.ending == "complete"
    assert SECRET not in body.decode("utf-16-le")
    assert len(body) == len(text)


def test_head_trailers_and_our_own_words_are_scrubbed():
    secret = base64.b64encode(f"user:{SECRET}".encode()).decode()
    head = Head(
        status=400,
        reason=f"No {SECRET}",
        headers=(("Location", f"/?k=%73{SECRET[1:]}"), ("X", secret), (SECRET, "1")),
        framing="chunked",
        no_answer=NoAnswer(cause="moved", message=f"it points to /{SECRET}"),
    )
    parts = Parts(head, Chunk(data=b"x"), End(trailers=(("X-Sum", SECRET.encode().hex()),)))
    for part in collect(Scrubbed(parts, SECRET), None):
        assert not KNOWN.is_in(str(msgspec.structs.asdict(part)).encode()), part


def told(piece, path="content"):
    return (
        f"data: {json.dumps({'id': 'chat-1', 'choices': [{'delta': {path: piece}}]})}\n\n".encode()
    )


def test_an_honest_stream_flows_chunk_by_chunk():
    """Whatever its events say, and however they are cut: nothing waits for the next one."""
    words = ["The sk", "y is", " s", "-", "blue", " sk", "-lime", "", "\u2028s"]
    events = [told(one) for one in words]
    for chunks in (events, [half for event in events for half in (event[:20], event[20:])]):
        _, body, passed_on, _ = passed(ok(*chunks, headers=STREAM, gap=2))
        assert body == b"".join(events)
        if chunks is events:
            assert [(one.data, one.after_ms) for one in passed_on] == [(one, 2) for one in events]


@pytest.mark.parametrize("size", [1, 2, 5, 9, 20])
@pytest.mark.parametrize("cuts", [1, 13, 10_000])
def test_a_key_that_a_stream_tells_piece_by_piece_is_kept_back(size, cuts):
    pieces = ["Your key: ", *cut(SECRET, size), " is bad"]
    stream = b"".join(map(told, pieces))
    for data in (stream, b"".join(told(one, "other") for one in pieces)):
        _, body, _, end = passed(ok(*cut(data, cuts), headers=STREAM))
        got = b"".join(body.split(b"\n"))
        said = [json.loads(line[6:]) for line in body.split(b"\n\n") if line.endswith(b"}")]
        text = "".join(next(iter(one["choices"][0]["delta"].values())) for one in said)
        assert text.removeprefix("Your key: ") in {"", *(SECRET[:end] for end in range(4))}
        assert SECRET[5:].encode() not in got
        assert end.ending == "closed"
        assert end.no_answer.message.endswith(": it repeats the key piece by piece")


def test_what_only_begins_like_the_key_comes_in_the_end():
    events = [told("sk-li"), told("ve-012"), told("4"), told("sk-live"), b": bye\n\n"]
    _, body, _, end = passed(ok(*events, headers=STREAM))
    assert (body, end.ending) == (b"".join(events), "complete")
