import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from http.client import IncompleteRead

import pytest
from wire import (
    HOST,
    Echo,
    Parts,
    http_chunks,
    ok,
    plain_tunnel,
    post,
    response,
    rest,
    tunnel,
    until,
)

from harness.gateway.held import Held
from harness.gateway.responder import Chunk, End, Head
from harness.runner.gates import AsRecorded


def test_answers_through_connect_and_tls_and_tells_what_it_saw(background, trust):
    with background.serve(Echo()) as served, tunnel(served, trust) as sock:
        assert sock.selected_alpn_protocol() == "http/1.1"
        sock.sendall(post(b'{"a":1}', "/chat?x=1", ["X-Case: Kept"]))
        answer = response(sock)
        assert (answer.status, answer.read()) == (200, b'POST /chat?x=1 {"a":1}')
    [request] = served.seen
    assert (request.scheme, request.host, request.port) == ("https", HOST, 443)
    assert (request.method, request.target, request.body) == ("POST", "/chat?x=1", b'{"a":1}')
    assert ("X-Case", "Kept") in request.headers
    assert request.miss is None


def test_any_port_can_be_connected_to(background, trust):
    with background.serve(Echo()) as served, tunnel(served, trust, port=8443) as sock:
        sock.sendall(post())
        response(sock).read()
    assert served.seen[0].port == 8443


def test_a_tunnel_without_tls_carries_plain_http(background):
    with background.serve(Echo()) as served, plain_tunnel(served, port=80) as sock:
        sock.sendall(post())
        assert response(sock).status == 200
    assert (served.seen[0].scheme, served.seen[0].host, served.seen[0].port) == ("http", HOST, 80)


@pytest.mark.parametrize(
    ("target", "host", "port", "rest"),
    [
        ("http://a.example/x?y=1", "a.example", 80, "/x?y=1"),
        ("http://a.example:8080", "a.example", 8080, "/"),
        ("http://[::1]:81/x", "::1", 81, "/x"),
        ("https://a.example/x", "a.example", 443, "/x"),
        ("/x", HOST, 80, "/x"),
    ],
)
def test_absolute_and_origin_form_are_answered_directly(background, target, host, port, rest):
    with background.serve(Echo()) as served, served.connect() as sock:
        sock.sendall(post(target=target))
        assert response(sock).read().startswith(f"POST {rest} ".encode())
    [request] = served.seen
    assert (request.scheme, request.host, request.port) == ("http", host, port)
    assert request.target == rest


def test_a_request_may_come_byte_by_byte(background):
    with background.serve(Echo()) as served, served.connect() as sock:
        for byte in f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode():
            sock.send(bytes([byte]))
        until(sock, b"\r\n\r\n")
        for byte in post(b"[1]"):
            sock.send(bytes([byte]))
        assert response(sock).read() == b"POST /chat [1]"


def test_a_connection_carries_many_requests(background, trust):
    with background.serve(Echo()) as served, tunnel(served, trust) as sock:
        for number in range(5):
            sock.sendall(post(b"%d" % number))
            assert response(sock).read() == b"POST /chat %d" % number
    assert len(served.seen) == 5


def test_requests_may_be_sent_ahead(background, trust):
    with background.serve(Echo()) as served, tunnel(served, trust) as sock:
        chunked = (
            b"POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        )
        sock.sendall(post(b"1", "/a") + chunked + post(b"3", "/c", ["Connection: close"]))
        stream = rest(sock)
    assert [request.body for request in served.seen] == [b"1", b"hi", b"3"]
    assert [stream.index(text) for text in (b"POST /a 1", b"POST /b hi", b"POST /c 3")] == sorted(
        stream.index(text) for text in (b"POST /a 1", b"POST /b hi", b"POST /c 3")
    )


def test_chunk_borders_arrive_as_they_were_given(background, trust):
    pieces = [b"data: caf\xc3", b"\xa9\n\n", b"x", b"y" * 5000]
    with background.serve(ok(*pieces)) as served, tunnel(served, trust) as sock:
        sock.sendall(post())
        assert http_chunks(sock) == pieces
        sock.sendall(post())
        assert http_chunks(sock) == pieces


def test_each_chunk_is_a_write_of_its_own(background, trust):
    pieces = [b"a" * 10, b"b" * 20, b"c" * 30]
    with background.serve(ok(*pieces, framing="length")) as served, tunnel(served, trust) as sock:
        sock.sendall(post())
        # A TLS record is never joined with the next on reading, and each write makes one.
        first, *others = [sock.recv(65536) for _ in pieces]
    assert first.endswith(b"\r\n\r\n" + pieces[0])
    assert others == pieces[1:]


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_every_framing_gives_the_same_body(background, trust, framing):
    responder = ok(b"one", b"two", framing=framing)
    with background.serve(responder) as served, tunnel(served, trust) as sock:
        sock.sendall(post())
        answer = response(sock)
        assert answer.read() == b"onetwo"
        assert (answer.getheader("connection") == "close") == (framing == "close")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 204), ("POST", 304)])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_some_answers_have_no_body(background, method, status, framing):
    responder = ok(b"body", framing=framing, status=status)
    with background.serve(responder) as served, served.connect() as sock:
        for _ in range(2):
            sock.sendall(post().replace(b"POST", method.encode(), 1))
            head = until(sock, b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d " % status)
            framed = b"Content-Length: 4" in head or b"Transfer-Encoding: chunked" in head
            assert framed == (method == "HEAD")
        sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_a_client_that_waits_for_leave_gets_it(background):
    with background.serve(Echo()) as served, served.connect() as sock:
        whole = post(b"hello", headers=["Expect: 100-continue"])
        sock.sendall(whole[:-5])
        assert until(sock, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"hello")
        assert response(sock).read() == b"POST /chat hello"


def test_connection_close_is_honoured(background, trust):
    with background.serve(Echo()) as served, tunnel(served, trust) as sock:
        sock.sendall(post(headers=["Connection: close"]))
        assert b"\r\nConnection: close\r\n" in (stream := rest(sock))
        assert stream.endswith(b"POST /chat {}")
    closing = ok(b"x", framing="length", headers=(("Connection", "close"),))
    with background.serve(closing) as served, tunnel(served, trust) as sock:
        sock.sendall(post())
        assert rest(sock).lower().count(b"connection: close") == 1


def test_http_1_0_gets_no_chunks_and_a_close(background):
    with background.serve(ok(b"one", b"two")) as served, served.connect() as sock:
        sock.sendall(post(version="1.0"))
        head, _, body = rest(sock).partition(b"\r\n\r\n")
    assert body == b"onetwo"
    assert b"chunked" not in head
    assert b"Connection: close" in head


def test_a_reset_is_a_reset(background, trust):
    with background.serve(ok(b"some", b"more", ending="reset")) as served:
        for sock in (tunnel(served, trust), plain_tunnel(served)):
            sock.sendall(post())
            until(sock, b"some\r\n4\r\nmore\r\n")
            # Python's own TLS tells a reset as an end; the socket beneath it does not.
            with socket.socket(fileno=sock.detach()) as raw:
                raw.settimeout(10)
                with pytest.raises(ConnectionResetError):
                    rest(raw)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_close_before_the_end_is_seen_as_such(background, trust, framing):
    head = Head(status=200, reason="OK", headers=(), framing=framing, length=10)
    responder = Parts(head, Chunk(data=b"some"), End(ending="closed"))
    with background.serve(responder) as served, tunnel(served, trust) as sock:
        sock.sendall(post())
        with pytest.raises(IncompleteRead) as caught:
            response(sock).read()
        assert caught.value.partial == b"some"


def test_too_short_a_body_ends_the_connection(background):
    head = Head(status=200, reason="OK", headers=(), framing="length", length=10)
    responder = Parts(head, Chunk(data=b"some"), End())
    with background.serve(responder) as served, served.connect() as sock:
        sock.sendall(post())
        with pytest.raises(IncompleteRead):
            response(sock).read()


def test_fifty_clients_at_once(background, trust):
    answers = []

    def ask(number):
        with tunnel(served, trust) as sock:
            for turn in range(3):
                sock.sendall(post(b"%d.%d" % (number, turn)))
                answers.append(response(sock).read() == b"POST /chat %d.%d" % (number, turn))

    with background.serve(Echo()) as served:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [True] * 150


def test_a_client_that_goes_away_is_no_fault(background, trust):
    chunks = [Chunk(data=b"x" * 60_000) for _ in range(500)]
    responder = Parts(Head(status=200, reason="OK", headers=(), framing="chunked"), *chunks, End())
    with background.serve(responder) as served:
        for sock in (tunnel(served, trust), plain_tunnel(served)):
            sock.sendall(post())
            sock.recv(100)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        served.connect().close()
        plain_tunnel(served).close()
        with served.connect() as sock:
            sock.sendall(post(b"long")[:-2])


def test_a_client_that_does_not_read_makes_the_responder_wait(background):
    given = []

    class Flood:
        async def respond(self, request):
            yield Head(status=200, reason="OK", headers=(), framing="chunked")
            for number in range(2000):
                given.append(number)
                yield Chunk(data=bytes(65536))
            yield End()

    with background.serve(Flood()) as served:
        sock = served.connect()
        sock.sendall(post())
        last = -1
        while len(given) != last:
            last = len(given)
            time.sleep(0.1)
        assert 0 < last < 1000
    # The service has closed, although there was more to be read.
    with sock:
        assert not rest(sock).endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("secure", [True, False])
def test_held_answers_are_sent_up_to_where_they_wait(background, trust, secure):
    gate = threading.Event()

    async def see(text):
        assert text == "first"
        while not gate.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    held = Held(ok(b"one", b"two"), AsRecorded({0: "first"}, answer=0), see)
    with (
        background.serve(held) as served,
        tunnel(served, trust) if secure else plain_tunnel(served) as sock,
    ):
        sock.sendall(post())
        until(sock, b"\r\n\r\n3\r\none\r\n")
        sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        gate.set()
        sock.settimeout(5)
        assert until(sock, b"0\r\n\r\n") == b"3\r\ntwo\r\n0\r\n\r\n"


def ended(sock):
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def test_closing_a_service_ends_what_is_open(background, trust):
    async def see(text):
        await asyncio.sleep(60)

    held = Held(ok(b"one", b"two"), AsRecorded({0: "first"}, answer=0), see)
    started = time.monotonic()
    with background.serve(held) as served:
        waiting = tunnel(served, trust)
        waiting.sendall(post())
        until(waiting, b"one\r\n")
        idle = [served.connect(), plain_tunnel(served), tunnel(served, trust)]
    assert time.monotonic() - started < 5
    for sock in [waiting, *idle]:
        with sock:
            assert ended(sock)
    with pytest.raises(ConnectionRefusedError):
        served.connect()


class Broken:
    def __init__(self, *before):
        self.before = before

    async def respond(self, request):
        for part in self.before:
            yield part
        raise ZeroDivisionError


def test_a_failing_responder_is_our_fault_and_says_so(background, trust):
    with background.serve(Broken(), faulty=True) as served, tunnel(served, trust) as sock:
        sock.sendall(post())
        answer = response(sock)
        assert answer.status == 500
        assert json.loads(answer.read())["error"]["code"] == "gateway_fault"
    assert isinstance(served.service.fault, ZeroDivisionError)
    assert served.seen[0].miss == "the gateway itself failed"


@pytest.mark.parametrize("responder", [Broken, Parts])
def test_a_responder_that_fails_later_ends_the_connection(background, trust, responder):
    parts = [
        Head(status=200, reason="OK", headers=(), framing="length", length=9),
        Chunk(data=b"some"),
    ]
    with (
        background.serve(responder(*parts), faulty=True) as served,
        tunnel(served, trust) as sock,
    ):
        sock.sendall(post())
        with pytest.raises((IncompleteRead, OSError)):
            response(sock).read()
    assert len(served.seen) == 1


def test_a_client_that_takes_the_gateway_for_the_service_names_it_in_tls(background, trust):
    with (
        background.serve(Echo()) as served,
        trust.wrap_socket(served.connect(), server_hostname="other.example.com") as sock,
    ):
        sock.sendall(post(b"hello"))
        assert response(sock).read() == b"POST /chat hello"
    (seen,) = served.seen
    assert (seen.scheme, seen.host, seen.port) == ("https", "other.example.com", 443)


def test_a_client_that_names_no_service_in_tls_is_refused(background, trust):
    trust.check_hostname = False
    with background.serve(Echo()) as served:
        with pytest.raises(ssl.SSLError):
            trust.wrap_socket(served.connect())
        assert served.seen == []
