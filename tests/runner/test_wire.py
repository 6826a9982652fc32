"""Messages and descriptors arrive whole, however they are cut on the way."""

import os
import socket
import threading

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
