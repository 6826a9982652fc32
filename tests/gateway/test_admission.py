"""Serve answers for a project's services and its own address; others are refused at once, or let through."""

import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import pytest
from wire import HOST, Echo, collect, plain_tunnel, post, response, rest, tunnel, until

from harness.gateway.front import Tunnel
from harness.gateway.responder import Request
from harness.live.admission import Admission, Admitted, Passed, read_passed
from harness.model.problem import InvalidError

PORT = 4711


def admission(*passed):
    return Admission([HOST], passed, PORT)


def asked(host="127.0.0.1", port=PORT, scheme="http", **headers):
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    target = "/chat/completions"
    return Request(
        scheme=scheme, host=host, port=port, method="POST", target=target, headers=pairs, body=b""
    )


def status(request, door):
    return collect(Admitted(Echo(), door), request)[0]


OWN = f"http://127.0.0.1:{PORT}"
ANSWERED = {
    "its own address": asked(),
    "its own name": asked("localhost"),
    "its other address": asked("::1"),
    "a service": asked(HOST, 443, "https"),
    "a service in other letters": asked(f"{HOST.upper()}.", 443, "https"),
    "a page of its own": asked(Origin=OWN, Sec_Fetch_Site="same-origin"),
    "a service, from a page": asked(HOST, 443, "https", Origin="https://a.example"),
}
REFUSED = {
    "a name of somebody's that leads here": asked("rebound.example", PORT),
    "an address that leads here": asked("127.0.0.2", PORT),
    "another port of this machine": asked(port=PORT + 1),
    "no host at all": asked("", 80),
    "another service": asked("pypi.org", 443, "https"),
    "a name that ends alike": asked(f"evil-{HOST}", 443, "https"),
    "a page": asked(Origin="https://a.example"),
    "a page on another port": asked(Origin="http://127.0.0.1:3000"),
    "a page without a name": asked(Origin="null"),
    "a page that tells no origin": asked(Sec_Fetch_Site="cross-site"),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_meant_for_it_is_answered(name):
    assert status(ANSWERED[name], admission()).status == 200


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_is_refused_in_plain_words(name):
    head = status(REFUSED[name], admission())
    assert (head.status, head.reason) == (403, "Forbidden")
    assert head.miss


def test_a_refusal_says_how_to_let_a_host_through():
    assert status(asked("pypi.org", 443), admission()).miss == (
        "pypi.org is not served here; to let it through: sampleproof serve --pass pypi.org"
    )
    assert status(asked("pypi.org", 8443), admission()).miss.endswith("--pass pypi.org:8443")
    strange = status(asked("a;rm -rf\x1b", 443), admission()).miss
    assert strange == "it is not for any host that is served here"


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("pypi.org", Passed(host="pypi.org")),
        ("PyPI.org.", Passed(host="pypi.org")),
        ("localhost:3000", Passed(host="localhost", port=3000)),
        ("[::1]:3000", Passed(host="::1", port=3000)),
        ("::1", Passed(host="::1")),
        ("files.a_b-c.example", Passed(host="files.a_b-c.example")),
    ],
)
def test_a_host_to_let_through_is_read(text, passed):
    assert read_passed(text, [HOST]) == passed


NO_HOSTS = [
    *("", "*", "*.example.com", "https://a.example", "a.example/x", "a b", "a:0", "a:b", "a@b"),
    *("-a", "ä.example", "a..b", "a" * 300, "a.example:70000", "a\n.example"),
]


@pytest.mark.parametrize("text", NO_HOSTS)
def test_what_is_no_host_is_refused(text):
    with pytest.raises(InvalidError, match="--pass: expected a host"):
        read_passed(text, [HOST])


@pytest.mark.parametrize("text", [HOST, HOST.upper(), f"{HOST}.", f"{HOST}:443"])
def test_a_service_that_is_answered_here_is_never_let_through(text):
    with pytest.raises(InvalidError, match="is answered here"):
        read_passed(text, [HOST])


def test_a_port_that_is_named_is_the_only_one():
    door = admission(Passed(host="a.example"), Passed(host="b.example", port=8443))
    places = [("a.example", 443), ("a.example", 80), ("A.example.", 443), ("b.example", 8443)]
    assert all(door.passes(Tunnel(host=host, port=port)) for host, port in places)
    others = [("a.example", 8443), ("b.example", 443), ("c.example", 443), (HOST, 443)]
    assert not any(door.passes(Tunnel(host=host, port=port)) for host, port in others)


def connected(served, host):
    sock = served.connect()
    sock.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    return sock, until(sock, b"\r\n\r\n")


def test_a_foreign_host_is_refused_at_once_and_told_within_its_tunnel_if_it_comes_again(
    background, trust
):
    """So neither those that ask again for a tunnel, nor those that do not, are kept waiting."""
    ended = []
    door = admission()

    def end(one):
        door.ended(one)
        ended.append(one)

    options = {"door": door, "connected": end}
    with background.serve(Admitted(Echo(), door), **options) as served:
        sock, head = connected(served, "pypi.org")
        assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert b"sampleproof serve --pass pypi.org" in rest(sock)
        sock.close()
        with tunnel(served, trust, "pypi.org") as sock:
            sock.sendall(post())
            assert response(sock).status == 403
        sock = plain_tunnel(served, "pypi.org")
        with pytest.raises(ssl.SSLError):  # who does not trust the certificate
            ssl.create_default_context().wrap_socket(sock, server_hostname="pypi.org")
        sock.close()
        while not any(one.refused.startswith("TLS") for one in ended):
            pass
        sock, head = connected(served, "pypi.org")
        assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        sock.close()
        with tunnel(served, trust) as sock:
            sock.sendall(post())
            assert response(sock).status == 200


@contextmanager
def elsewhere(reply):
    """A server that keeps what it is sent first, and answers it."""
    got = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run():
            sock, _ = listener.accept()
            with sock:
                got.append(sock.recv(65536))
                sock.sendall(reply)
                sock.shutdown(socket.SHUT_WR)
                while data := sock.recv(65536):
                    got.append(data)

        thread = threading.Thread(target=run)
        thread.start()
        yield listener.getsockname()[1], got
        thread.join()


def test_what_is_let_through_is_not_looked_at(background):
    with elsewhere(b"\x16\x03 whatever" * 1000) as (port, got):
        door = admission(Passed(host="127.0.0.1", port=port))
        with background.serve(Admitted(Echo(), door), door=door) as served:
            with plain_tunnel(served, "127.0.0.1", port) as sock:
                sock.sendall(b"\x16\x03\x01 no TLS at all")
                assert rest(sock) == b"\x16\x03 whatever" * 1000
                sock.sendall(b"more")
            assert served.seen == []
    assert b"".join(got) == b"\x16\x03\x01 no TLS at allmore"


def test_a_host_that_is_let_through_and_is_not_there_is_told(background):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    door, ended = admission(Passed(host="127.0.0.1", port=port)), []
    options = {"door": door, "connected": ended.append}
    with background.serve(Admitted(Echo(), door), **options) as served:
        with plain_tunnel(served, "127.0.0.1", port) as sock:
            sock.sendall(b"\x16")
            with suppress(ConnectionResetError):
                assert rest(sock) == b""
        while not ended:
            pass
    assert ended[0].refused.startswith("cannot be reached: ")


def test_plain_http_is_let_through_with_its_redirects(background):
    moved = b"HTTP/1.1 301 Moved\r\nLocation: https://a.example/\r\nContent-Length: 0\r\n\r\n"
    with elsewhere(moved) as (port, got):
        door = admission(Passed(host="127.0.0.1", port=port))
        with (
            background.serve(Admitted(Echo(), door), door=door) as served,
            served.connect() as sock,
        ):
            sock.sendall(f"GET http://127.0.0.1:{port}/a HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            found = response(sock, "GET")
            assert (found.status, found.headers["location"]) == (301, "https://a.example/")
    assert got[0].startswith(f"GET /a HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode())
