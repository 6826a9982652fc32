"""A socket that sees every attempt to reach something. Standard library only.

It sits on the loopback device of a sealed run, where all routes lead, and keeps what begins a
conversation: a TCP segment with SYN alone, and every packet that is not TCP. What begins one with
the gateway is left out: the gateway sees that itself, and thousands of them would fill the buffer.
The kernel does the choosing (classic BPF), so that the conversations themselves cost nothing.
"""

from __future__ import annotations

import ctypes
import socket
import struct

from harness.runner.ports import PORTS

ETH_P_ALL = 3
SO_ATTACH_FILTER = 26
SOL_PACKET, PACKET_STATISTICS = 263, 6
BUFFER = 1 << 20

LOAD_WORD, LOAD_HALF, LOAD_BYTE = 0x20, 0x28, 0x30
LOAD_HALF_INDEXED, LOAD_BYTE_INDEXED, LOAD_HEADER = 0x48, 0x50, 0xB1
JUMP_EQUAL, AND, RETURN = 0x15, 0x54, 0x06
PACKET_TYPE = 0xFFFFF000 + 4
"""Where classic BPF keeps the packet's direction (SKF_AD_PKTTYPE)."""
OUTGOING = 4
TCP = 6
FLAGS = 13
"""Offset of a TCP header's flags; SYN is 2, ACK 16."""
PORT = 2
"""Offset of a TCP header's destination."""
LOOPBACK = 0x7F000001

NEXT, IGNORE, KEEP = "", "ignore", "keep"

PORT_STEPS = (*((JUMP_EQUAL, port, IGNORE, NEXT) for port in PORTS), (JUMP_EQUAL, 0, KEEP, KEEP))

# Labels, and steps: what to do, with what, and where to go on if that is so, and if not.
STEPS: tuple[tuple[int, int, str, str] | str, ...] = (
    (LOAD_WORD, PACKET_TYPE, NEXT, NEXT),
    (JUMP_EQUAL, OUTGOING, NEXT, IGNORE),  # every packet on `lo` passes twice
    (LOAD_BYTE, 0, NEXT, NEXT),
    (AND, 0xF0, NEXT, NEXT),
    (JUMP_EQUAL, 0x40, NEXT, "IPv6"),
    (LOAD_BYTE, 9, NEXT, NEXT),
    (JUMP_EQUAL, TCP, NEXT, KEEP),
    (LOAD_HEADER, 0, NEXT, NEXT),  # X = length of the IPv4 header
    (LOAD_BYTE_INDEXED, FLAGS, NEXT, NEXT),
    (AND, 0x12, NEXT, NEXT),
    (JUMP_EQUAL, 2, NEXT, IGNORE),
    (LOAD_WORD, 16, NEXT, NEXT),
    (JUMP_EQUAL, LOOPBACK, NEXT, KEEP),
    (LOAD_HALF_INDEXED, PORT, NEXT, NEXT),
    *PORT_STEPS,
    "IPv6",
    (LOAD_BYTE, 6, NEXT, NEXT),  # the next header
    (JUMP_EQUAL, TCP, NEXT, KEEP),
    (LOAD_BYTE, 40 + FLAGS, NEXT, NEXT),
    (AND, 0x12, NEXT, NEXT),
    (JUMP_EQUAL, 2, NEXT, IGNORE),
    (LOAD_WORD, 24, NEXT, NEXT),
    (JUMP_EQUAL, 0, NEXT, KEEP),
    (LOAD_WORD, 28, NEXT, NEXT),
    (JUMP_EQUAL, 0, NEXT, KEEP),
    (LOAD_WORD, 32, NEXT, NEXT),
    (JUMP_EQUAL, 0, NEXT, KEEP),
    (LOAD_WORD, 36, NEXT, NEXT),
    (JUMP_EQUAL, 1, NEXT, KEEP),
    (LOAD_HALF, 40 + PORT, NEXT, NEXT),
    *PORT_STEPS,
    KEEP,
    (RETURN, 512, NEXT, NEXT),
    IGNORE,
    (RETURN, 0, NEXT, NEXT),
)


def program() -> bytes:
    """The steps as the kernel takes them (linux/filter.h): jumps as distances."""
    places: dict[str, int] = {}
    steps: list[tuple[int, int, str, str]] = []
    for step in STEPS:
        if isinstance(step, str):
            places[step] = len(steps)
        else:
            steps.append(step)
    code = b""
    for here, (what, value, yes, no) in enumerate(steps):
        ways = [places[way] - here - 1 if way else 0 for way in (yes, no)]
        code += struct.pack("HBBI", what, *ways, value)
    return code


CODE = program()


def watch() -> socket.socket:
    """Begin to watch this network namespace.

    Raises:
        OSError: The kernel has no packet sockets, or we may not open one.
    """
    kept = ctypes.create_string_buffer(CODE, len(CODE))
    found = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    found.setsockopt(
        socket.SOL_SOCKET,
        SO_ATTACH_FILTER,
        struct.pack("HL", len(CODE) // 8, ctypes.addressof(kept)),
    )
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    found.bind(("lo", ETH_P_ALL))
    return found


def dropped(watcher: socket.socket) -> int:
    """How many packets found no room since this was last asked (packet(7))."""
    counts = watcher.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
    return int(struct.unpack("II", counts)[1])
