import asyncio

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wire import HOST, post

from harness.gateway import plain
from harness.gateway.front import Tunnel
from harness.gateway.reading import RefusedError, RequestReader

USUAL = post(
    b'{"a": 1}',
    "/chat?x=1",
    ["X-Case: Kept", "Empty:", "Spaced:  a  b \t", "Connection: keep-alive"],
)


def test_a_usual_head_is_plain():
    head = plain.read(USUAL)
    assert (head.method, head.target) == ("POST", "/chat?x=1")
    assert USUAL[head.size :] == b'{"a": 1}'
    assert head.length == 8
    assert head.headers == (
        ("Host", HOST),
        ("Content-Length", "8"),
        ("X-Case", "Kept"),
        ("Empty", ""),
        ("Spaced", "a  b"),
        ("Connection", "keep-alive"),
    )


@pytest.mark.parametrize(
    "unusual",
    [
        USUAL[:-12],
        post(target="http://a.example/"),
        post(target="*"),
        post(version="1.0"),
        post(headers=["Host: other"]),
        post(headers=["Transfer-Encoding: chunked"]),
        post(headers=["Expect: 100-continue"]),
        post(headers=["Upgrade: h2c"]),
        post(headers=["Folded: one", " two"]),
        post(headers=["Space : before"]),
        post(headers=["Latin: é"]),
        post(headers=["Nul: a\0b"]),
        post(headers=["Content-Length: 2"]),
        post(headers=[f"Long: {'x' * plain.LINE_LIMIT}"]),
        post(bytes(plain.BODY_LIMIT + 1)),
        post().replace(b"Content-Length: 2", b"Content-Length: 2, 2"),
        post().replace(b"Content-Length: 2", b"Content-Length: +2"),
        post().replace(b"\r\n", b"\n"),
        post().replace(b"POST", b"CONNECT"),
        post().replace(b"POST ", b"POST  "),
        post().replace(b"POST", b"\r\nPOST"),
        post().replace(f"Host: {HOST}\r\n".encode(), b""),
    ],
)
def test_whatever_is_unusual_is_left_alone(unusual):
    assert plain.read(unusual) is None


LINES = st.sampled_from(
    [
        *[
            "Host: x",
            "host:y",
            "Content-Length: 0",
            "Content-Length: 3",
            "content-length:\t03 ",
            "Content-Length: +3",
        ],
        *[
            "Connection: close",
            "Connection: a, Close",
            "A: b",
            "A:",
            ": b",
            "A b",
            "A\t: b",
            " A: b",
        ],
        *["Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Expect: 100-continue"],
        *["Upgrade: x", "Proxy-Connection: close", "Latin: é", "Nul: \0", "Cr: \r", "Lf: \n x"],
    ]
)
STARTS = st.sampled_from(
    [
        *["POST / HTTP/1.1", "GET /?a=b%20c HTTP/1.1", "HEAD /x HTTP/1.1", "get / HTTP/1.1"],
        *["CONNECT / HTTP/1.1", "POST / HTTP/1.0", "POST / HTTP/2.0", "POST x HTTP/1.1"],
        *["POST /é HTTP/1.1", "POST / HTTP/1.1 ", "POST /a b HTTP/1.1", "POST  / HTTP/1.1", ""],
    ]
)
WIRES = st.builds(
    lambda start, host, lines, body: "\r\n".join([start, *host, *lines, "", body]).encode(
        "latin-1"
    ),
    st.just("POST / HTTP/1.1") | STARTS,
    st.just(["Host: x"]) | st.just([]),
    st.lists(LINES, max_size=3),
    st.sampled_from(["", "abc", "0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\nPOST"]),
)


@given(wire=WIRES | st.binary(max_size=60))
@example(USUAL)
@example(USUAL * 3)
def test_what_is_found_plain_means_the_same_to_h11(wire):
    assert everything(wire) == everything(wire, unusual=True)


def everything(wire, *, unusual=False):
    """All that is read off a connection, up to what is refused."""

    async def read():
        reader = asyncio.StreamReader()
        reader.feed_data(wire)
        reader.feed_eof()
        requests = RequestReader(reader, Deaf(), scheme="https", tunnel=Tunnel(host="h", port=1))
        found = []
        try:
            while True:
                if unusual:
                    data, requests._early = requests._early or await reader.read(65536), b""
                    incoming = await requests._unusual(data)
                else:
                    incoming = await requests.next()
                if incoming is None:
                    return found
                arrived = msgspec.structs.replace(incoming.request, at_s=0.0)
                incoming = msgspec.structs.replace(incoming, request=arrived)
                found.append(incoming)
        except RefusedError as refusal:
            return [*found, (refusal.status, refusal.request)]

    return asyncio.run(read())


class Deaf:
    """Takes an interim answer, for nobody."""

    def write(self, data):
        pass
