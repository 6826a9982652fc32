"""However much a sealed run does, what it reaches for is seen, or it is said that not all was."""

from pathlib import Path

import pytest
from workshop import MINIATURES, Variant, Workshop, copy_project

CONNECTIONS = """
import socket
from urllib.parse import urlsplit

proxy = urlsplit(os.environ["HTTPS_PROXY"])
for _ in range(6000):
    socket.create_connection((proxy.hostname, proxy.port)).close()
"""
ATTEMPT = """
with socket.socket() as sock:
    sock.connect_ex(("127.0.0.2", 4444))
"""
FLOOD = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    for _ in range(20_000):
        try:
            sock.sendto(b"x", ("127.0.0.3", 9))
        except OSError:
            pass
"""
OTHER_ADDRESSES = """
import socket
for family, place in (
    (socket.AF_INET, ("127.0.0.2", 443)), (socket.AF_INET, ("127.0.0.1", 444)),
    (socket.AF_INET6, ("::2", 443)), (socket.AF_INET6, ("::1", 444)),
    (socket.AF_INET, ("1.0.0.127", 443)),
):
    try:
        with socket.socket(family) as sock:
            sock.settimeout(2)
            sock.connect_ex(place)
    except OSError:
        pass
"""
WAYS = {
    "many connections": CONNECTIONS,
    "many connections and an attempt": CONNECTIONS + ATTEMPT,
    "a flood and an attempt": FLOOD + ATTEMPT,
    "other addresses": OTHER_ADDRESSES,
}


@pytest.fixture(scope="module")
def found(miniatures, tmp_path_factory):
    shop = Workshop(
        copy_project(MINIATURES, tmp_path_factory.mktemp("watched") / "project"),
        miniatures.toolchains,
    )
    try:
        if shop.stage.unsealed:
            pytest.skip(f"runs cannot be sealed here: {shop.stage.unsealed}")
        every = [Variant(name=name, append=code) for name, code in WAYS.items()]
        yield {name: one.outcome for name, one in shop.judge(every, "keeping").items()}
    finally:
        shop.close()


def said(outcome):
    assert {one.check for one in outcome.findings} <= {"network.sealed"}, outcome
    return "\n".join(one.message for one in outcome.findings)


def test_many_connections_to_the_gateway_are_right(found):
    assert found["many connections"].verdict == "pass", found["many connections"]


def test_many_connections_hide_no_attempt(found):
    outcome = found["many connections and an attempt"]
    assert "127.0.0.2:4444 (TCP)" in said(outcome)
    assert outcome.observation.unwatched == ""


def test_what_came_too_fast_to_be_seen_is_said(found):
    outcome = found["a flood and an attempt"]
    assert "127.0.0.3:9 (UDP)" in said(outcome)
    assert "the run could not be watched whole" in said(outcome)
    assert "packets, which came too fast" in said(outcome)


def test_nothing_but_the_gateways_own_ports_is_left_out(found):
    lines = said(found["other addresses"])
    for place in ("127.0.0.2:443", "127.0.0.1:444", "1.0.0.127:443"):
        assert f"{place} (TCP)" in lines
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    for place in ("[::2]:443", "[::1]:444"):
        assert f"{place} (TCP)" in lines
