"""System calls that a sealed sample is refused, by a filter in the kernel. Standard library only.

What a network namespace does not hold is refused here: sockets of other families than the few that
samples use (a virtual machine's `AF_VSOCK` leads to its host), and io_uring, which opens sockets past
any filter. So are the calls of another architecture, whose numbers mean other things.

Source: seccomp(2); linux/filter.h and linux/seccomp.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct

from harness.runner import kernel

FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
"""Offsets in `struct seccomp_data`; the argument's lower half, all of these processors being little-endian."""
FOREIGN = 0x40000000
"""Numbers from here on are another architecture's (x32)."""
ALLOW, ERROR = 0x7FFF0000, 0x00050000


def program(numbers: kernel.Numbers) -> bytes:
    """The filter (classic BPF)."""
    absent, unknown = ERROR | errno.ENOSYS, ERROR | errno.EAFNOSUPPORT
    families = [(JUMP_EQUAL, len(FAMILIES) - n, 0, family) for n, family in enumerate(FAMILIES)]
    instructions = (
        (LOAD_WORD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, numbers.architecture),
        (RETURN, 0, 0, absent),
        (LOAD_WORD, 0, 0, NUMBER),
        (JUMP_AT_LEAST, 1, 0, FOREIGN),
        (JUMP_EQUAL, 0, 1, kernel.IO_URING_SETUP),
        (RETURN, 0, 0, absent),
        (JUMP_EQUAL, 0, 2 + len(FAMILIES), numbers.socket),
        (LOAD_WORD, 0, 0, FIRST_ARGUMENT),
        *families,
        (RETURN, 0, 0, unknown),
        (RETURN, 0, 0, ALLOW),
    )
    return b"".join(struct.pack("HBBI", *one) for one in instructions)


# Made before any fork: each run would make it again.
PROGRAMS = {machine: program(numbers) for machine, numbers in kernel.NUMBERS.items()}


def refuse() -> None:
    """Refuse these calls to this process and to everything it starts; for good.

    Raises:
        OSError: The kernel has no such filters.
    """
    code = PROGRAMS[os.uname().machine]
    kept = ctypes.create_string_buffer(code, len(code))
    whole = struct.pack("HL", len(code) // 8, ctypes.addressof(kept))
    result = kernel.LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, whole, 0, 0)
    kernel.checked(result, "seccomp")
