import gzip
import zlib

import pytest
from wire import ok, post, response, tunnel

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
    assert isinstance(served.service.fault, zlib.error)
