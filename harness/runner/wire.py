"""Messages with file descriptors over a Unix stream socket. Standard library only.

A message is a marshalled dict behind its length in four bytes: both sides are one interpreter's,
and `marshal` costs no import. Descriptors travel with the length.
"""

from __future__ import annotations

import array
import marshal
import socket
import struct

TYPE_CHECKING = False  # to import `typing` takes a third of a starter's start
if TYPE_CHECKING:
    from typing import Any

LENGTH = struct.Struct("!I")
MAX_DESCRIPTORS = 8


def send(
    channel: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()
) -> None:
    """Send one message whole.

    Raises:
        OSError: The other side is gone.
    """
    payload = marshal.dumps(message)
    data = LENGTH.pack(len(payload)) + payload
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
    sent = channel.sendmsg([data], rights if descriptors else [])
    if sent < len(data):
        channel.sendall(data[sent:])


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Wait for one message; `None` when the other side is gone."""
    descriptors = array.array("i")
    try:
        head, ancillary, _, _ = channel.recvmsg(
            LENGTH.size, socket.CMSG_SPACE(MAX_DESCRIPTORS * descriptors.itemsize)
        )
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        if not head:
            return None
        head += _exactly(channel, LENGTH.size - len(head))
        payload = _exactly(channel, LENGTH.unpack(head)[0])
    except (ConnectionError, EOFError):
        return None
    return marshal.loads(payload), list(descriptors)  # noqa: S302  (nobody else has the socket)


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = channel.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
