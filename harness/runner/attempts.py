"""What a sealed run tried to reach beside the gateway, read off the packets that were kept."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING

from harness.model.observation import Attempt

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

TCP, UDP, ICMPV6 = 6, 17, 58
DNS = 53


def attempts(watcher: socket.socket) -> tuple[Attempt, ...]:
    """Every attempt, once, in the order in which they were first made."""
    found: dict[Attempt, None] = {}
    watcher.setblocking(False)
    while True:
        try:
            packet = watcher.recv(2048)
        except (BlockingIOError, OSError):
            return tuple(found)
        attempt = read(packet)
        if attempt is not None:
            found[attempt] = None


def read(packet: bytes) -> Attempt | None:
    """What a packet tries to reach; `None` for what is no packet."""
    try:
        if packet[0] >> 4 == 4:  # noqa: PLR2004
            start = (packet[0] & 15) * 4
            protocol, address = packet[9], packet[16:20]
        else:
            start, protocol, address = 40, packet[6], packet[24:40]
        host = str(ipaddress.ip_address(address))
        port = struct.unpack_from("!H", packet, start + 2)[0] if protocol in {TCP, UDP} else None
    except (IndexError, ValueError, struct.error):
        return None
    if protocol == ICMPV6:
        return None  # what the kernel itself says on a network
    if protocol == TCP:
        return Attempt(kind="tcp", host=host, port=port)
    if protocol == UDP and port == DNS:
        return Attempt(kind="dns", host=".".join(_labels(packet[start + 20 :])) or host, port=DNS)
    return Attempt(kind="udp" if protocol == UDP else f"protocol {protocol}", host=host, port=port)


def _labels(question: bytes) -> Iterator[str]:
    """The labels of the first name in a DNS question (RFC 1035, section 4.1.2)."""
    while question and (size := question[0]) and len(question) > size:
        yield question[1 : size + 1].decode("ascii", "backslashreplace")
        question = question[size + 1 :]
