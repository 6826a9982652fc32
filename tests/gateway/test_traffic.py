"""What comes to the gateway beside whole requests is counted, searched, and kept within bounds."""

import base64
import socket
import struct
import tracemalloc
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import Echo, plain_tunnel, post, response, until

from harness.gateway.traffic import KEPT, KEPT_HEADERS, Traffic
from harness.model.secret import Secret, forms

SECRET = b"canary-0123456789abcdef0123456789abcdef"


def written(secret):
    """A secret in the ways in which text may hold it."""
    yield "plain", secret
    yield "upper case", secret.upper()
    for shift in range(3):
        yield f"base64 after {shift}", base64.b64encode(b"x" * shift + secret + b"\0yz")
        yield f"base64url after {shift}", base64.urlsafe_b64encode(b"x" * shift + secret + b"\0yz")
    yield "hexadecimal", secret.hex().encode()
    yield "percent", quote(secret.decode("latin-1")).replace("a", "%61").encode()
    yield "all percent", b"".join(b"%%%02x" % byte for byte in secret)
    yield "JSON", b"".join(b"\\u%04X" % byte for byte in secret)


WRITTEN = dict(written(SECRET))


@pytest.mark.parametrize("form", WRITTEN)
@given(data=st.data())
def test_a_secret_is_found_wherever_a_stream_is_cut(form, data):
    text = b"before " + WRITTEN[form] + b" after"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    search = Secret(SECRET).search()
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        search.feed(text[start:end])
    assert search.found


@given(st.lists(st.binary(max_size=300)))
def test_what_holds_no_secret_is_not_said_to(pieces):
    search = Secret(SECRET).search()
    for piece in pieces:
        search.feed(piece)
    assert not search.found


@pytest.mark.parametrize("form", WRITTEN)
def test_a_part_of_a_secret_is_none(form):
    half = WRITTEN[form][: len(WRITTEN[form]) // 2]
    assert not Secret(SECRET).is_in(half + b" " + half)


def test_nothing_is_found_nowhere():
    assert not Secret(b"").is_in(b"anything")
    assert forms(b"") == ()


def test_stray_bytes_are_counted_and_the_first_are_kept():
    traffic = Traffic(Secret(SECRET))
    tracemalloc.start()
    for _ in range(2000):
        traffic.feed(b"x" * 10_000)
        traffic.stray()
    traffic.feed(SECRET)
    traffic.stray()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    seen = traffic.seen()
    assert (seen.stray, len(seen.first)) == (20_000_000 + len(SECRET), KEPT)
    assert seen.leaks == ("in bytes that are no request",)
    assert most < 1_000_000


def test_long_headers_are_kept_in_part_and_searched_whole():
    traffic = Traffic(Secret(SECRET))
    headers = tuple((f"X-{number}", "y" * 100) for number in range(500))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + SECRET
    traffic.tunnel(head, headers)
    kept = traffic.seen().headers
    assert 0 < sum(len(name) + len(value) for name, value in kept) <= KEPT_HEADERS
    assert traffic.seen().leaks == ("in the request for a tunnel",)


@pytest.fixture
def connections(background):
    """Serves, and gives what is told of the connections."""
    told = []

    def start():
        return background.serve(Echo(), connected=told.append, secret=SECRET.decode())

    start.told = told
    return start


def test_frames_without_end_are_not_kept(connections):
    piece = b"1;for=%s\r\nx\r\n" % (b"y" * 1000)
    with connections() as served, plain_tunnel(served) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        tracemalloc.start()
        for _ in range(500):
            sock.sendall(piece * 20)
        sock.sendall(b"0\r\n\r\n")
        assert response(sock).read() == b"POST / " + b"x" * 10_000
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 5_000_000  # of the ten million bytes that came
    [one] = connections.told
    assert (one.used, one.stray, one.leaks) == (True, 0, ())


def test_requests_of_every_kind_leave_nothing_over(connections):
    chunked = (
        b"POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\n\r\n"
    )
    own = ["Authorization: Bearer " + SECRET.decode()]
    with connections() as served, plain_tunnel(served) as sock:
        for _ in range(3):
            sock.sendall(post(headers=own) + chunked + post(headers=own) + chunked)
            for _ in range(2):
                until(sock, b"POST /chat {}")
                until(sock, b"POST /b hi")
        for byte in post(headers=own):
            sock.sendall(bytes([byte]))
        until(sock, b"POST /chat {}")
    [one] = connections.told
    assert (one.used, one.stray, one.leaks, one.refused) == (True, 0, (), "")


def test_bytes_of_a_client_that_resets_its_connection_count(connections):
    with connections() as served:
        sock = plain_tunnel(served)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.sendall(b"for " + SECRET)
        sock.close()
        assert_settles(served)
    [one] = connections.told
    assert one.stray == 4 + len(SECRET)
    assert one.leaks == ("in bytes that are no request",)


def test_what_waits_to_be_accepted_counts(background, connections):
    async def all_at_once(served):
        for number in range(120):  # while the gateway's loop has no turn
            with served.connect() as sock:
                sock.sendall(b"CONNECT x:%d HTTP/1.1\r\nHost: x\r\n\r\n" % (number + 1))
        return await served.service.settle()

    with connections() as served:
        assert background.run(all_at_once(served))
        assert sorted(one.port for one in connections.told) == list(range(1, 121))


def test_a_client_that_stays_does_not_hold_up_for_long(background, connections):
    with connections() as served, plain_tunnel(served):
        assert not background.run(served.service.settle())
    assert [one.used for one in connections.told] == [False]


def assert_settles(served):
    assert served.background.run(served.service.settle())
