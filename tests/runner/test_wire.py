"""Messages and descriptors arrive whole, however they are cut on the way."""

import json
import os
import socket
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.runner import wire


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=5))
def test_a_message_comes_back(message):
    one, other = socket.socketpair()
    with one, other:
        wire.send(one, message)
        assert wire.receive(other) == (message, [])


def test_descriptors_travel_with_their_message():
    one, other = socket.socketpair()
    inlet, outlet = os.pipe()
    with one, other:
        wire.send(one, {"n": 1}, (outlet,))
        wire.send(one, {"n": 2})
        message, (copy,) = wire.receive(other)
        assert message == {"n": 1}
        assert wire.receive(other) == ({"n": 2}, [])
    os.close(outlet)
    os.write(copy, b"x")
    os.close(copy)
    assert os.read(inlet, 9) == b"x"
    os.close(inlet)


def test_a_long_message_is_read_to_its_end():
    one, other = socket.socketpair()
    message = {"long": "x" * 3_000_000}
    with one, other:
        sender = threading.Thread(target=wire.send, args=(one, message))
        sender.start()
        assert wire.receive(other) == (message, [])
        sender.join()


def test_the_end_of_the_other_side_is_none():
    one, other = socket.socketpair()
    one.sendall(b"\0\0")
    one.close()
    with other:
        assert wire.receive(other) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
        max_leaves=9,
    )
)  # fmt: skip
def test_a_report_is_json(value):
    one, other = socket.socketpair()
    with one, other:
        wire.report(one, {"value": value})
        payload, numbers, _ = wire.reported(other)
        assert (json.loads(payload), numbers) == ({"value": value}, [])


def test_half_a_character_of_a_name_is_replaced():
    one, other = socket.socketpair()
    with one, other:
        wire.report(one, {"name": "a\udcffb"})
        assert json.loads(wire.reported(other)[0]) == {"name": "a\ufffdb"}


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does not say who sends")
def test_the_kernel_tells_who_reports():
    one, other = socket.socketpair()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    with one, other:
        wire.report(one, {"warden": 1})
        assert wire.reported(other)[2] == os.getpid()


def test_a_report_that_does_not_arrive_whole_is_not_waited_for_long():
    one, other = socket.socketpair()
    other.settimeout(0.05)
    with one, other:
        one.sendall(b"\0\0\0\x09{")
        assert wire.reported(other) is None
