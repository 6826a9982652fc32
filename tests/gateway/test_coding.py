import gzip
import zlib

import pytest
from wire import ok, post, response, tunnel

from harness.model.coding import Decoder, TooLongError
from harness.model.problem import HarnessError
from harness.model.recording import ChunkMark, Response, UnreadableError

BODY = b"the capital of France " * 50
BARE = zlib.compressobj(wbits=-15)
CODED = {
    "gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "bare deflate": BARE.compress(BODY) + BARE.flush(),
}


def coded(kind, framing="length"):
    data = CODED[kind]
    headers = (("Content-Encoding", kind.split()[-1]), ("X-Kept", "yes"))
    pieces = [data[start : start + 7] for start in range(0, len(data), 7)]
    return ok(*pieces, framing=framing, headers=headers)


@pytest.mark.parametrize("kind", CODED)
@pytest.mark.parametrize("asked", [[], ["Accept-Encoding: br, gzip;q=0, deflate;q=0.0"]])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_coding_that_nobody_asked_for_is_undone(background, trust, kind, asked, framing):
    with background.serve(coded(kind, framing)) as served, tunnel(served, trust) as sock:
        sock.sendall(post(headers=asked))
        answer = response(sock)
        assert answer.read() == BODY
        assert answer.getheader("content-encoding") is None
        assert answer.getheader("x-kept") == "yes"


@pytest.mark.parametrize("asked", ["gzip", "GZIP;q=0.5, br", "*", "x-gzip", "gzip; q=high"])
def test_a_coding_that_was_asked_for_is_kept(background, trust, asked):
    with background.serve(coded("gzip")) as served, tunnel(served, trust) as sock:
        sock.sendall(post(headers=[f"Accept-Encoding: {asked}"]))
        answer = response(sock)
        assert answer.getheader("content-encoding") == "gzip"
        assert answer.read() == CODED["gzip"]


def test_a_body_that_is_not_coded_as_it_says_is_our_fault(background, trust):
    broken = ok(b"\x1f\x8bnonsense", headers=(("Content-Encoding", "gzip"),))
    with background.serve(broken, faulty=True) as served, tunnel(served, trust) as sock:
        sock.sendall(post())
        assert b"nonsense" not in sock.recv(65536)
    assert isinstance(served.service.fault, HarnessError)
    assert "cannot be undone from gzip" in served.service.fault.message


def test_what_is_coded_may_hold_so_much_and_no_more():
    packer = zlib.compressobj(wbits=31)
    whole = packer.compress(bytes(300_000)) + packer.flush()
    assert len(Decoder(300_000).decode(whole)) == 300_000
    with pytest.raises(TooLongError):
        Decoder(299_999).decode(whole)
    decoder = Decoder(100_000)
    pieces = (decoder.decode(whole[place : place + 10]) for place in range(0, len(whole), 10))
    with pytest.raises(TooLongError):
        list(pieces)


def test_a_body_that_inflates_without_end_is_not_opened(monkeypatch):
    monkeypatch.setattr("harness.model.coding.Decoder.__init__.__defaults__", (100_000,))
    body = gzip.compress(bytes(300_000))
    found = Response(
        status=200,
        reason="OK",
        headers=(("Content-Encoding", "gzip"),),
        framing="length",
        body=body,
        chunks=(ChunkMark(size=len(body), after_ms=0),),
    )
    with pytest.raises(UnreadableError, match="it holds more than is taken"):
        found.opened()
    assert found.plain is found
