"""Messages with file descriptors over a Unix stream socket. Standard library only.

A message is a dict behind its length in four bytes. Orders of the harness are marshalled, which
costs no import. What is reported to it is JSON, since code of others may have got at the sender.
Descriptors travel with the length.
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
MAX_REPORT = 1 << 20
CREDENTIALS = struct.Struct("3i")
"""Process, user and group (unix(7))."""
REPLACEMENT = 0xFFFD
"""In the place of half a character, which a file's name may hold and JSON may not."""


def send(
    channel: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()
) -> None:
    """Send one message whole.

    Raises:
        OSError: The other side is gone.
    """
    _send(channel, marshal.dumps(message), descriptors)


def _send(channel: socket.socket, payload: bytes, descriptors: tuple[int, ...]) -> None:
    data = LENGTH.pack(len(payload)) + payload
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
    sent = channel.sendmsg([data], rights if descriptors else [])
    if sent < len(data):
        channel.sendall(data[sent:])


def report(
    channel: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()
) -> None:
    """Send one message to the harness whole, as JSON: it need not trust who sends it.

    Raises:
        OSError: The other side is gone.
    """
    _send(channel, _json(message).encode(), descriptors)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Wait for one message; `None` when the other side is gone."""
    found = _take(channel)
    if found is None:
        return None
    return marshal.loads(found[0]), found[1]  # noqa: S302  (the harness alone sends these)


def reported(channel: socket.socket) -> tuple[bytes, list[int], int] | None:
    """Wait for one report: its JSON, its descriptors, and who sent it, as the kernel says.

    `None` when the other side is gone, or what it sends is none.
    """
    return _take(channel, MAX_REPORT)


def _take(channel: socket.socket, most: int | None = None) -> tuple[bytes, list[int], int] | None:
    descriptors, sender = array.array("i"), 0
    size = MAX_DESCRIPTORS * descriptors.itemsize
    room = socket.CMSG_SPACE(size) + socket.CMSG_SPACE(CREDENTIALS.size)
    try:
        head, ancillary, _, _ = channel.recvmsg(LENGTH.size, room)
        for level, kind, data in ancillary:
            if level != socket.SOL_SOCKET:
                continue
            if kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
            elif kind == getattr(socket, "SCM_CREDENTIALS", None):
                sender, *_ = CREDENTIALS.unpack(data)
        if not head:
            return None
        head += _exactly(channel, LENGTH.size - len(head))
        (length,) = LENGTH.unpack(head)
        if most is not None and length > most:
            return None
        payload = _exactly(channel, length)
    except (ConnectionError, EOFError, TimeoutError):
        return None
    return payload, list(descriptors), sender


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = channel.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _json(value: Any) -> str:
    """JSON of plain values; the module for it takes longer to import than all of a starter."""
    if isinstance(value, dict):
        return f"{{{','.join(f'{_json(name)}:{_json(one)}' for name, one in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_json, value))}]"
    if isinstance(value, str):
        return f'"{"".join(map(_character, value))}"'
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return repr(value)


def _character(one: str) -> str:
    number = ord(one)
    if 0x20 <= number < 0x7F and one not in '"\\':  # noqa: PLR2004
        return one
    if number > 0xFFFF:  # noqa: PLR2004
        number -= 0x10000
        return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"
    return f"\\u{REPLACEMENT if 0xD800 <= number < 0xE000 else number:04x}"  # noqa: PLR2004
