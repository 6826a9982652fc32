"""A socket that sees every attempt to reach something. Standard library only.

It sits on the loopback device of a sealed run, where all routes lead, and keeps what begins a
conversation: a TCP segment with SYN alone, and every packet that is not TCP. The kernel does the
choosing (classic BPF), so that the conversations themselves cost nothing.
"""

from __future__ import annotations

import ctypes
import socket
import struct

ETH_P_ALL = 3
SO_ATTACH_FILTER = 26
BUFFER = 1 << 20

LOAD_WORD, LOAD_BYTE, LOAD_BYTE_INDEXED, LOAD_HEADER = 0x20, 0x30, 0x50, 0xB1
JUMP_EQUAL, AND, RETURN = 0x15, 0x54, 0x06
PACKET_TYPE = 0xFFFFF000 + 4
"""Where classic BPF keeps the packet's direction (SKF_AD_PKTTYPE)."""
OUTGOING = 4
TCP = 6
FLAGS = 13
"""Offset of a TCP header's flags; SYN is 2, ACK 16."""

PROGRAM = (
    (LOAD_WORD, 0, 0, PACKET_TYPE),
    (JUMP_EQUAL, 0, 15, OUTGOING),  # every packet on `lo` passes twice
    (LOAD_BYTE, 0, 0, 0),
    (AND, 0, 0, 0xF0),
    (JUMP_EQUAL, 0, 6, 0x40),  # IPv4?
    (LOAD_BYTE, 0, 0, 9),
    (JUMP_EQUAL, 0, 9, TCP),
    (LOAD_HEADER, 0, 0, 0),  # X = length of the IPv4 header
    (LOAD_BYTE_INDEXED, 0, 0, FLAGS),
    (AND, 0, 0, 0x12),
    (JUMP_EQUAL, 5, 6, 2),
    (LOAD_BYTE, 0, 0, 6),  # IPv6: the next header
    (JUMP_EQUAL, 0, 3, TCP),
    (LOAD_BYTE, 0, 0, 40 + FLAGS),
    (AND, 0, 0, 0x12),
    (JUMP_EQUAL, 0, 1, 2),
    (RETURN, 0, 0, 512),
    (RETURN, 0, 0, 0),
)

CODE = b"".join(struct.pack("HBBI", *instruction) for instruction in PROGRAM)


def watch() -> socket.socket:
    """Begin to watch this network namespace.

    Raises:
        OSError: The kernel has no packet sockets, or we may not open one.
    """
    kept = ctypes.create_string_buffer(CODE, len(CODE))
    found = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    found.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(PROGRAM), ctypes.addressof(kept))
    )
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    found.bind(("lo", ETH_P_ALL))
    return found
