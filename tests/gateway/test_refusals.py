import json
import ssl
import time

import pytest
from wire import HOST, Echo, post, response, rest, tunnel

from harness.gateway.reading import BODY_LIMIT

BOTH = ["Transfer-Encoding: chunked"]


def test_a_length_with_chunks_is_refused_and_told(background, trust):
    with background.serve(Echo()) as served, tunnel(served, trust) as sock:
        sock.sendall(post(b"0\r\n\r\n", headers=BOTH))
        answer = response(sock)
        assert (answer.status, answer.getheader("connection")) == (400, "close")
        assert json.loads(answer.read())["error"]["code"] == "bad_request"
        assert sock.recv(1) == b""
    [request] = served.seen
    assert request.target == "/chat"
    assert request.miss.startswith("refused: Content-Length and Transfer-Encoding")


def test_a_length_beyond_the_limit_is_refused_unread(background):
    with background.serve(Echo()) as served, served.connect() as sock:
        length = f"Content-Length: {BODY_LIMIT + 1}"
        head = f"POST / HTTP/1.1\r\nHost: x\r\n{length}\r\nExpect: 100-continue\r\n\r\n"
        sock.sendall(head.encode())
        assert response(sock).status == 413
    assert "at most" in served.seen[0].miss


def test_chunks_beyond_the_limit_are_refused(background):
    with background.serve(Echo()) as served, served.connect() as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
        for _ in range(BODY_LIMIT // 0x100000 + 1):
            sock.sendall(chunk)
        assert response(sock).status == 413
    assert "at most" in served.seen[0].miss


def test_a_body_of_just_the_limit_is_taken(background):
    with background.serve(Echo()) as served, served.connect() as sock:
        sock.sendall(post(bytes(BODY_LIMIT)))
        assert len(response(sock).read()) == BODY_LIMIT + len("POST /chat ")


@pytest.mark.parametrize("size", [65 * 1024, 200 * 1024])
@pytest.mark.parametrize("start", ["POST / HTTP/1.1", "CONNECT a.example:443 HTTP/1.1"])
def test_too_long_a_head_is_refused(background, start, size):
    with background.serve(Echo()) as served, served.connect() as sock:
        head = f"{start}\r\nHost: x\r\nX: {'y' * size}\r\n\r\n"
        sock.sendall(head.encode())
        assert response(sock).status == 431
    assert served.seen == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        b"POST http://x:y/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT a.example HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT a.example:443:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT :443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_garbage_is_refused(background, garbage):
    with background.serve(Echo()) as served, served.connect() as sock:
        sock.sendall(garbage)
        assert response(sock).status == 400
        assert sock.recv(1) == b""
    assert served.seen == []


@pytest.mark.parametrize(
    "broken",
    [
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
    ],
)
def test_what_was_understood_of_a_broken_request_is_told(background, broken):
    with background.serve(Echo()) as served, served.connect() as sock:
        sock.sendall(broken)
        assert response(sock).status == 400
    assert served.seen[0].target == "/a"
    assert served.seen[0].miss.startswith("refused: ")


def test_connect_comes_first_or_not_at_all(background):
    with background.serve(Echo()) as served, served.connect() as sock:
        sock.sendall(post())
        response(sock).read()
        sock.sendall(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n")
        assert response(sock).status == 400


def test_a_good_request_before_a_broken_one_is_answered(background):
    with background.serve(Echo()) as served, served.connect() as sock:
        sock.sendall(post(b"1") + b"rubbish\r\n\r\n")
        first, second = rest(sock).split(b"POST /chat 1")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 400 ")
    assert len(served.seen) == 1


def test_a_client_that_does_not_trust_the_gateway_is_told_of(background):
    with background.serve(Echo()) as served:
        with pytest.raises(ssl.SSLCertVerificationError):
            tunnel(served, ssl.create_default_context())
        deadline = time.monotonic() + 5
        while not served.service.refusals and time.monotonic() < deadline:
            time.sleep(0.01)
    [refusal] = served.service.refusals
    assert refusal.startswith(f"{HOST}: ")
    assert "unknown ca" in refusal
    assert served.seen == []


def test_a_tls_greeting_that_cannot_be_read_is_refused(background):
    with background.serve(Echo()) as served, served.connect() as sock:
        sock.sendall(b"\x16\x03\x01\x00\x05hello")
        assert rest(sock)[:1] in {b"", b"\x15"}  # an alert, if anything (RFC 8446, section 6)
    assert served.seen == []
