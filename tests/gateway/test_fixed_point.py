"""A recording of an endpoint, and one of its replay, are the same: so a replay can stand in for it."""

import gzip
import re
import statistics
import zlib

import msgspec
import pytest
from raw import CHUNKED, CLOSE, HANG, LAST, RESET, Raw, framed, http
from wire import HOST, MEASURED, plain_tunnel, response

from harness.gateway.forward import Forward
from harness.gateway.paced import Paced
from harness.gateway.record import Record, response_of
from harness.gateway.replay import Replay
from harness.gateway.responder import Chunk, End, Head
from harness.gateway.upstream import Patience
from harness.model import build
from harness.model.dump import dump
from harness.model.recording import Exchange, Provenance, Recording

PATIENCE = Patience(connect_s=2, head_s=5, idle_s=0.3)
SSE = "Content-Type: text/event-stream; charset=utf-8"
ARM = "💪".encode()


def compressed(*pieces):
    """A gzip body whose pieces can be read as they come."""
    packer = zlib.compressobj(wbits=31)
    packed = [packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH) for piece in pieces]
    return [*packed, packer.flush()]


GZIPPED = compressed(b"data: one\n\n", b"data: two\n\n", b"data: [DONE]\n\n")

AWKWARD = {
    "chunks that split events and characters": [
        [
            http("200 OK", SSE, CHUNKED),
            *(0.04, framed(b'data: {"a":"', ARM[:2])),
            *(0.03, framed(ARM[2:] + b'"}\n\nda')),
            *(0.05, framed(b"ta: 2\n\ndata: 3\n\n", b": a comment\n\n")),
            *(0.02, framed(b"x"), 0.001, framed(b"\n\n"), 0.04, framed(b"data: [DONE]\n\n") + LAST),
        ]
    ],
    "a byte at a time": [
        [
            http("200 OK", SSE, CHUNKED),
            *[step for byte in b"data: a\n\n" for step in (0.005, framed(bytes([byte])))],
            LAST,
        ]
    ],
    "CRLF, comments, event names": [
        [
            http("200 OK", SSE, CHUNKED),
            framed(b": hello\r\n\r\nevent: x\r\nda"),
            0.03,
            framed(b"ta:1\r\n\r\n", b"data: [DONE]\r\n\r\n") + LAST,
        ]
    ],
    "gzip": [
        [
            http("200 OK", SSE, CHUNKED, "Content-Encoding: gzip"),
            *[step for piece in GZIPPED for step in (0.02, framed(piece))],
            LAST,
        ]
    ],
    "gzip, whole": [[http("200 OK", "Content-Encoding: gzip", body=gzip.compress(b"{}" * 99))]],
    "neither UTF-8 nor anything else": [[http("200 OK", body=bytes(range(256)) * 300)]],
    "trailers": [
        [
            http("200 OK", "Trailer: X-Sum, X-More", CHUNKED),
            framed(b"a", b"b"),
            0.02,
            b"0\r\nX-Sum: 5\r\nX-More: ja, \xe4\r\n\r\n",
        ]
    ],
    "several requests, kept alive": [
        [http("200 OK", "X-Turn: 1", body=b'{"turn":1}')],
        [http("200 Fine", "X-Turn: 2", CHUNKED), framed(b"one"), 0.03, framed(b"two") + LAST],
        [http("204 No Content")],
        [http("200 OK", "Set-Cookie: a=1", "Set-Cookie: b=2", body=b"")],
    ],
    "too many requests, then an answer": [
        [http("429 Too Many Requests", "Retry-After: 1", "Content-Type: text/plain", body=b"slow")],
        [http("200 OK", body=b"{}")],
    ],
    "a plain text error": [
        [
            http(
                "400 Bad Request",
                "Content-Type: text/plain",
                body=b"Model not found; expected \xe2",
            )
        ]
    ],
    "a length, sent in pieces": [
        [http("200 OK", "Content-Length: 9"), b"one", 0.1, b"two", 0.1, b"six"]
    ],
    "until it closes": [[http("200 OK"), b"one", 0.1, b"two", CLOSE]],
    "closed in mid-stream": [
        [http("200 OK", SSE, CHUNKED), framed(b"data: 1\n\n"), 0.03, framed(b"data"), CLOSE]
    ],
    "closed in mid-chunk": [[http("200 OK", SSE, CHUNKED), framed(b"data: 1\n\n")[:-6], CLOSE]],
    "closed before its length": [[http("200 OK", "Content-Length: 9"), b"one", CLOSE]],
    "reset in mid-stream": [
        [http("200 OK", SSE, CHUNKED), framed(b"data: 1\n\n"), 0.03, framed(b"data"), 0.03, RESET]
    ],
    "reset before its length": [[http("200 OK", "Content-Length: 9"), b"one", 0.03, RESET]],
    "stalled": [[http("200 OK", SSE, CHUNKED), framed(b"data: 1\n\n"), HANG]],
    "many large chunks": [
        [
            http("200 OK", CHUNKED),
            *[step for size in (70_000, 3, 200_000) for step in (framed(b"x" * size), 0.02)],
            LAST,
        ]
    ],
}

PATIENT = {"stalled": 0.8}
"""How many seconds a client waits, where it would wait for ever."""


def ask(served, times, wait_s):
    """Send requests through a gateway, on one connection as long as it lasts; read all that comes."""
    sock = None
    for _ in range(times):
        sock = sock or plain_tunnel(served, HOST, 80)
        sock.sendall(
            f"POST /chat HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\n"
            "Content-Length: 2\r\n\r\n{}".encode()
        )
        sock.settimeout(wait_s)
        try:
            answer = response(sock)
            answer.read()
            if not answer.will_close:
                continue
        except Exception:  # noqa: BLE001
            pass  # an answer that breaks off
        sock.close()
        sock = None
    if sock:
        sock.close()


def record(background, port, times, wait_s=10):
    """What a gateway records of an endpoint on a port, asked by someone with so much patience."""
    here = {"scheme": "http", "host": "127.0.0.1", "port": port}
    recorder = Record(
        Forward(lambda request: msgspec.structs.replace(request, **here), patience=PATIENCE)
    )
    with background.serve(recorder) as served:
        ask(served, times, wait_s)
    return [one.response for one in recorder.taken]


def kept(folder, responses):
    """Through a file and back."""
    exchanges = [Exchange(method="POST", path="/chat", response=one) for one in responses]
    recording = Recording(
        scenario="awkward",
        file="awkward.yaml",
        provenance=Provenance(how="recorded", on="2026-11-22"),
        exchanges=tuple(exchanges),
    )
    (folder / "awkward.yaml").write_bytes(dump(recording).encode())
    problems = []
    found = build.recording(folder / "awkward.yaml", "awkward.yaml", problems)
    assert problems == []
    assert found == recording
    return found


def untimed(response):
    marks = tuple(msgspec.structs.replace(mark, after_ms=0) for mark in response.chunks)
    return msgspec.structs.replace(response, chunks=marks)


@pytest.fixture(scope="module")
def lateness(request):
    """By how much gaps differ, over all cases; told at the end."""
    found = []
    yield found
    found.sort()
    p50, p99 = (found[int(len(found) * share)] for share in (0.5, 0.99))
    request.config.stash[MEASURED].append(
        f"{len(found)} gaps, replayed: p50 {p50:.1f} ms, p99 {p99:.1f} ms, most {found[-1]:.1f} ms"
    )
    # Machines that are kept busy are late: only what no wait can explain is a fault.
    assert statistics.median(found) < 20


@pytest.mark.parametrize("name", AWKWARD)
def test_a_recording_of_a_replay_is_the_recording(background, project, tmp_path, lateness, name):
    scripts = AWKWARD[name]
    raw = Raw(*scripts)
    with raw.serve_in(background):
        first = record(background, raw.port, len(scripts), PATIENT.get(name, 10))
    assert len(first) == len(scripts)
    recording = kept(tmp_path, first)
    replay = Replay(recording, operation=project.operations["chat"], base_path="")
    with background.serve(Paced(replay)) as served:
        second = record(background, served.port, len(scripts), PATIENT.get(name, 10))
    assert [untimed(one) for one in second] == [untimed(one) for one in first]
    for before, after in zip(first, second, strict=True):
        for one, other in zip(before.chunks, after.chunks, strict=True):
            lateness.append(abs(one.after_ms - other.after_ms))


def sent(script):
    """What a script writes, without its framing."""
    data = b"".join(step for step in script if isinstance(step, bytes))
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize("name", AWKWARD)
def test_a_recording_is_what_the_endpoint_sent(background, name):
    """So that a fixed point is not one of forgetting the same things twice."""
    scripts = AWKWARD[name]
    raw = Raw(*scripts)
    with raw.serve_in(background):
        found = record(background, raw.port, len(scripts), PATIENT.get(name, 10))
    for script, answer in zip(scripts, found, strict=True):
        head, body = sent(script)
        status, *headers = head.decode("latin-1").split("\r\n")
        assert status == f"HTTP/1.1 {answer.status} {answer.reason}"
        framing = ("Content-Length", "Transfer-Encoding")
        fields = [tuple(line.split(": ", 1)) for line in headers if not line.startswith(framing)]
        assert list(answer.headers) == fields
        if answer.framing != "chunked":
            assert answer.body == body
            continue
        wire = b"".join(framed(piece) for piece in answer.parts)
        if answer.ending == "complete":
            trailers = "".join(f"{key}: {value}\r\n" for key, value in answer.trailers)
            assert wire + f"0\r\n{trailers}\r\n".encode("latin-1") == body
        else:
            # The piece that broke off was announced as longer than it is.
            assert re.sub(rb"\r\n$", b"", wire)[-4:] == re.sub(rb"\r\n$", b"", body)[-4:]
    endings = {"closed": "closed", "reset": "reset", "stalled": "timed_out"}
    assert found[-1].ending == endings.get(name.split()[0], "complete")


def test_the_borders_of_packets_are_not_those_of_chunks():
    """A body that is not chunked has no borders but where its sender paused."""
    sent = [(b"a" * 9, 2), (b"b", 0.4), (b"c", 4.9), (b"d" * 5, 30.04), (b"e", 0)]
    chunks = [Chunk(data=data, after_ms=gap) for data, gap in sent]

    def marks(framing):
        head = Head(status=200, reason="OK", headers=(), framing=framing, length=17)
        return [(m.size, m.after_ms) for m in response_of(head, chunks, End()).chunks]

    assert marks("length") == marks("close") == [(11, 2), (6, 30)]
    assert marks("chunked") == [(9, 2), (1, 0.4), (1, 4.9), (5, 30), (1, 0)]


def left_early(background, raw, limit_s):
    """What is recorded for a client that goes away after the first chunk."""

    def here(request):
        return msgspec.structs.replace(request, scheme="http", host="127.0.0.1", port=raw.port)

    recorder = Record(Forward(here))
    with raw.serve_in(background):
        with background.serve(recorder) as served, plain_tunnel(served, HOST, 80) as sock:
            sock.sendall(f"POST /chat HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            assert response(sock).read1(3) == b"one"
        background.run(recorder.settle(limit_s))
    (taken,) = recorder.taken
    return taken


def test_an_answer_is_heard_to_its_end_though_its_reader_has_left(background):
    raw = Raw([http("200 OK", CHUNKED), framed(b"one"), 0.2, framed(b"two"), 0.05, LAST])
    taken = left_early(background, raw, 10)
    assert taken.is_whole
    assert taken.response.parts == (b"one", b"two")


def test_an_answer_that_does_not_end_is_not_kept(background):
    taken = left_early(background, Raw([http("200 OK", CHUNKED), framed(b"one"), HANG]), 0.1)
    assert (taken.response, taken.missing) == (None, "the answer did not come to its end")
