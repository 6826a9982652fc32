import asyncio
import socket
import ssl
import time

import msgspec
import pytest
from raw import CHUNKED, CLOSE, HANG, LAST, RESET, Raw, asked, framed, http
from wire import HOST, post, response, tunnel, until

from harness.gateway.forward import MOST_BYTES, Forward
from harness.gateway.responder import Chunk, End, Head
from harness.gateway.upstream import Patience

SHORT = Patience(connect_s=2, head_s=0.2, idle_s=0.2)


def forward(script, request=asked, patience=SHORT, most=MOST_BYTES, **server):
    """What an endpoint's script becomes, and what the endpoint was asked."""

    async def run():
        async with Raw(script).serve(**server) as raw:
            answer = Forward(patience=patience, most=most).respond(request(raw.port))
            return [part async for part in answer], raw.requests

    return asyncio.run(run())


def told(script, **more):
    """Head, chunks without their times, end."""
    head, *chunks, end = forward(script, **more)[0]
    return head, [chunk.data for chunk in chunks], end


def test_chunks_come_as_the_endpoint_framed_them():
    sent = [http("200 Fine", "X-One: 1", CHUNKED, "x-two: 2"), framed(b"da", b"ta: \xf0\x9f")]
    sent += [0.02, framed(b"\x92\xaa\n\n"), framed(b"x" * 300_000), LAST]
    head, chunks, end = told(sent)
    assert head == Head(
        status=200, reason="Fine", headers=(("X-One", "1"), ("x-two", "2")), framing="chunked"
    )
    assert chunks == [b"da", b"ta: \xf0\x9f", b"\x92\xaa\n\n", b"x" * 300_000]
    assert end == End()


def test_a_chunk_split_by_the_network_is_one_chunk():
    one = framed(b"one chunk")
    sent = [http("200 OK", CHUNKED), one[:5], 0.02, one[5:], LAST]
    assert told(sent)[1] == [b"one chunk"]


def test_each_chunk_has_the_time_at_which_it_came():
    sent = [http("200 OK", CHUNKED), 0.05, framed(b"a", b"b"), 0.1, framed(b"c"), LAST]
    started = time.monotonic()
    _, first, second, third, _ = forward(sent)[0]
    took_ms = (time.monotonic() - started) * 1000
    assert first.after_ms > 40
    assert second.after_ms == 0
    assert third.after_ms > 90
    assert first.after_ms + third.after_ms < took_ms


def test_a_slow_reader_changes_no_time():
    async def run():
        sent = [http("200 OK", CHUNKED), framed(b"a"), 0.05, framed(b"b"), LAST]
        async with Raw(sent).serve() as raw:
            times = []
            async for part in Forward().respond(asked(raw.port)):
                await asyncio.sleep(0.5)
                if isinstance(part, Chunk):
                    times.append(part.after_ms)
            return times

    assert 40 < asyncio.run(run())[1] < 500


def test_trailers_come_with_the_end():
    sent = [http("200 OK", CHUNKED, "Trailer: X-Sum"), framed(b"a"), b"0\r\nX-Sum: 5\r\n\r\n"]
    assert told(sent)[2] == End(trailers=(("X-Sum", "5"),))


@pytest.mark.parametrize(
    ("sent", "framing", "length", "chunks", "ending"),
    [
        ([http("200 OK", "Content-Length: 5"), b"abc", 0.05, b"de"], "length", 5, 2, "complete"),
        ([http("200 OK", "Content-Length: 5"), b"abc", CLOSE], "length", 5, 1, "closed"),
        ([http("200 OK", "Content-Length: 5"), b"abc", 0.05, RESET], "length", 5, 1, "reset"),
        ([http("200 OK", "Content-Length: 5"), b"abc", HANG], "length", 5, 1, "timed_out"),
        ([http("200 OK"), b"abc", CLOSE], "close", None, 1, "complete"),
        ([http("200 OK"), b"abc", 0.05, RESET], "close", None, 1, "reset"),
        ([http("200 OK", CHUNKED), framed(b"abc"), CLOSE], "chunked", None, 1, "closed"),
        ([http("200 OK", CHUNKED), framed(b"abc"), 0.05, RESET], "chunked", None, 1, "reset"),
        ([http("200 OK", CHUNKED), framed(b"abc")[:5], CLOSE], "chunked", None, 1, "closed"),
        ([http("200 OK", CHUNKED), framed(b"abc")[:5], HANG], "chunked", None, 1, "timed_out"),
        ([http("200 OK", CHUNKED), framed(b"abc"), b"no size\r\n"], "chunked", None, 1, "closed"),
        ([http("204 No Content")], "close", None, 0, "complete"),
    ],
)
def test_every_ending_is_told_apart(sent, framing, length, chunks, ending):
    head, data, end = told(sent)
    assert (head.framing, head.length, head.no_answer) == (framing, length, None)
    assert (len(data), end.ending) == (chunks, ending)


def test_all_that_came_before_a_reset_is_given_though_it_is_taken_late():
    async def run():
        async with Raw([http("200 OK", CHUNKED), framed(b"a"), framed(b"b"), RESET]).serve() as raw:
            parts = []
            async for part in Forward().respond(asked(raw.port)):
                await asyncio.sleep(0.05)
                parts.append(part)
            return parts

    _, *chunks, end = asyncio.run(run())
    assert b"".join(chunk.data for chunk in chunks) == b"ab"
    assert end.ending == "reset"


def test_a_request_goes_on_without_what_concerns_one_connection():
    def request(port):
        mine = (("Host", "elsewhere"), ("Accept-Encoding", "gzip, br"), ("X-Kept", "ä"))
        hop = (("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("Proxy-Connection", "x"))
        return asked(port, headers=(*mine, *hop, ("Expect", "100-continue")), body=b"four")

    _, (sent,) = forward([http(body=b"")], request)
    head, _, body = sent.decode("latin-1").partition("\r\n\r\n")
    first, host, *others = head.split("\r\n")
    assert first == "POST /chat/completions HTTP/1.1"
    assert host.startswith("Host: 127.0.0.1:")
    assert others == ["Accept-Encoding: gzip, br", "X-Kept: ä", "Content-Length: 4"]
    assert body == "four"


def test_an_answer_comes_back_without_what_concerns_one_connection():
    hop = ["Connection: close, X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5", "Upgrade: h2c"]
    head, *_ = told([http("200 OK", "X-Kept: 1", *hop, body=b"a")])
    assert head.headers == (("X-Kept", "1"),)


def test_an_interim_answer_is_not_the_answer():
    head, *_ = told([http("100 Continue"), http("103 Early Hints"), http("201 Made", body=b"")])
    assert head.status == 201


def test_a_request_can_be_sent_elsewhere_than_it_was_meant():
    async def run():
        async with Raw([http(body=b"hello")]).serve() as raw:

            def to(request):
                change = {"scheme": "http", "host": "127.0.0.1", "port": raw.port}
                body = request.body.replace(b"old", b"newer")
                return msgspec.structs.replace(request, target="/v1/chat", body=body, **change)

            asks = asked(443, scheme="https", host="gone.example", body=b"old")
            parts = [part async for part in Forward(to).respond(asks)]
            return parts, raw.requests

    parts, (sent,) = asyncio.run(run())
    assert parts[1].data == b"hello"
    assert sent.startswith(b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1:")
    assert sent.endswith(b"Content-Length: 5\r\n\r\nnewer")


@pytest.mark.parametrize(
    ("script", "cause", "says"),
    [
        ([CLOSE], "closed", "closed the connection without an answer"),
        ([RESET], "reset", "reset the connection without an answer"),
        ([HANG], "timed_out", "did not begin to answer within 0.2 s"),
        ([http()[:10], CLOSE], "closed", "closed the connection without an answer"),
        ([b"SSH-2.0-OpenSSH_9\r\n\r\n"], "not_http", "does not answer in HTTP/1.1"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"], "not_http", "Content-Length"),
    ],
)
def test_no_answer_has_a_cause(script, cause, says):
    head, _, end = told(script)
    assert (head.status, head.no_answer.cause, end.ending) == (400, cause, "complete")
    assert says in head.no_answer.message


def test_an_endpoint_that_is_not_there_has_a_cause():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def run(request):
        answer = Forward(patience=SHORT).respond(request)
        return [part async for part in answer][0].no_answer  # noqa: RUF015

    assert asyncio.run(run(asked(port))).cause == "connect"
    unknown = asyncio.run(run(asked(80, host="no-such-host.invalid")))
    assert (unknown.cause, unknown.message) == (
        "name",
        "no address is known for no-such-host.invalid",
    )


def test_tls_is_checked_and_spoken(authority, trust):
    async def run(trust, host):
        # A name that leads here, by the only way that needs no name server.
        async with Raw([http(body=b"hello")]).serve(trust=authority.context(host)) as raw:
            request = asked(raw.port, scheme="https", host=host)
            return [part async for part in Forward(patience=SHORT, trust=trust).respond(request)]

    assert asyncio.run(run(trust, "127.0.0.1"))[1].data == b"hello"
    stranger = asyncio.run(run(ssl.create_default_context(), "127.0.0.1"))[0]
    assert stranger.no_answer.cause == "tls"
    assert "is not trusted" in stranger.no_answer.message

    async def plain():
        async with Raw([http(body=b"hello")]).serve() as raw:
            request = asked(raw.port, scheme="https")
            patience = Patience(connect_s=0.3)
            return [part async for part in Forward(patience=patience, trust=trust).respond(request)]

    assert asyncio.run(plain())[0].no_answer.cause in {"tls", "connect"}


def through(raw):
    """Forwards every request to an endpoint, whatever it was meant for."""
    here = {"scheme": "http", "host": "127.0.0.1", "port": raw.port}
    return Forward(lambda request: msgspec.structs.replace(request, **here), patience=SHORT)


def test_a_sample_gets_the_endpoints_answer_through_the_gateway(background, trust):
    raw = Raw([http("200 OK", CHUNKED), framed(b"one"), 0.02, framed(b"two"), LAST])
    with (
        raw.serve_in(background),
        background.serve(through(raw)) as served,
        tunnel(served, trust) as sock,
    ):
        for _ in range(2):
            sock.sendall(post(b"{}"))
            assert response(sock).read() == b"onetwo"
    assert served.seen[0].host == HOST
    assert len(raw.requests) == 2


def test_an_endpoint_that_stalls_leaves_the_sample_waiting(background, trust):
    raw = Raw([http("200 OK", CHUNKED), framed(b"one"), HANG])
    with (
        raw.serve_in(background),
        background.serve(through(raw)) as served,
        tunnel(served, trust) as sock,
    ):
        sock.sendall(post(b"{}"))
        assert until(sock, b"one\r\n").endswith(b"3\r\none\r\n")
        sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            sock.recv(1)


LONG = [framed(b"x" * 400), framed(b"y" * 400), framed(b"z" * 400)] * 1000


@pytest.mark.parametrize(
    ("head", "pieces"),
    [(http("200 OK", CHUNKED), LONG), (http("200 OK"), [b"x" * 600, 0.02, *[b"y" * 600] * 1000])],
    ids=["chunked", "until it closes"],
)
def test_an_answer_without_end_is_given_up(head, pieces):
    _, *chunks, end = forward([head, *pieces], most=1000)[0]
    assert end == End(ending="too_long")
    assert 0 < sum(len(one.data) for one in chunks) <= 1000


def test_an_answer_that_announces_too_much_is_not_read():
    head, *_ = forward([http("200 OK", body=b"x" * 1001)], most=1000)[0]
    assert head.no_answer.cause == "too_long"
    assert "answers with 1,001 bytes; at most 1,000 are taken" in head.no_answer.message
    assert forward([http("200 OK", body=b"x" * 1000)], most=1000)[0][-1] == End()
