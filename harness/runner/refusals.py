"""System calls that a sealed sample is refused, by a filter in the kernel. Standard library only.

What a network namespace does not hold is refused here: sockets of other families than the few that
samples use (a virtual machine's `AF_VSOCK` leads to its host), and io_uring, which opens sockets past
any filter. So is memory that is no process's, and so would be counted to none; what would change the
limits or the share of the processor of process 1, which is the run's supervisor; and the calls of
another architecture, whose numbers mean other things.

Source: seccomp(2); linux/filter.h and linux/seccomp.h; syscalls(2) for the numbers.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys

from harness.runner import kernel

TYPE_CHECKING = False  # to import `typing` takes a third of a starter's start
if TYPE_CHECKING:
    from collections.abc import Iterable

FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
SUPERVISOR = 1
"""The process that starts, waits for and ends the sample, as the sample sees it."""

CALLS = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mmap": (9, 222),
    "msgget": (68, 186),
    "perf_event_open": (298, 241),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "semget": (64, 190),
    "setpriority": (141, 140),
    "setsockopt": (54, 208),
    "shmget": (29, 194),
    "socket": (41, 198),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
}
"""Numbers on x86-64, and on all processors that came later (asm-generic/unistd.h)."""

ABSENT = (
    *("io_uring_enter", "io_uring_register", "io_uring_setup"),
    *("bpf", "perf_event_open", "userfaultfd"),
    # Memory that no process, no folder and no count of sockets shows.
    *("memfd_create", "memfd_secret", "msgget", "semget", "shmget", "vmsplice"),
)
"""Answered as by a kernel that does not have them."""

PRIO_USER, IOPRIO_WHO_USER = 2, 3
SO_SNDBUF, SO_RCVBUF = 7, 8
MAP_SHARED, MAP_ANONYMOUS, MAP_TYPE = 0x01, 0x20, 0x0F
WHOLE = 0xFFFFFFFF

Condition = tuple[int, int, int]
"""An argument, counted from 0; which of its lower 32 bits count; and what they must be."""

RULES: tuple[tuple[str, int, tuple[Condition, ...]], ...] = (
    *((name, errno.ENOSYS, ()) for name in ABSENT),
    # It outlives each mapping of it but the last, page by page, so that no process shows how much it is.
    ("mmap", errno.ENOMEM, ((3, MAP_TYPE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS),)),
    # As if done: a kernel also keeps to its own limits there, and does not say so.
    ("setsockopt", 0, ((1, WHOLE, socket.SOL_SOCKET), (2, WHOLE, SO_SNDBUF))),
    ("setsockopt", 0, ((1, WHOLE, socket.SOL_SOCKET), (2, WHOLE, SO_RCVBUF))),
    *(
        (name, errno.EPERM, ((argument, WHOLE, SUPERVISOR),))
        for name, argument in (
            ("prlimit64", 0),
            *(("sched_setaffinity", 0), ("sched_setattr", 0)),
            *(("sched_setparam", 0), ("sched_setscheduler", 0)),
            *(("setpriority", 1), ("ioprio_set", 1)),
        )
    ),
    ("setpriority", errno.EPERM, ((0, WHOLE, PRIO_USER),)),
    ("ioprio_set", errno.EPERM, ((0, WHOLE, IOPRIO_WHO_USER),)),
)
"""A call, the error it ends with, and what must be so of its arguments; the first that holds counts."""

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, ARGUMENT_SIZE = 0, 4, 16, 8
"""Offsets in `struct seccomp_data`; an argument's lower half, all of these processors being little-endian."""
FOREIGN = 0x40000000
"""Numbers from here on are another architecture's (x32)."""
ALLOW, ERROR = 0x7FFF0000, 0x00050000

Instruction = tuple[int, int, int, int]


def program(
    machine: str,
    families: tuple[int, ...] = FAMILIES,
    rules: tuple[tuple[str, int, tuple[Condition, ...]], ...] = RULES,
) -> bytes:
    """The filter for a processor, by the name that `uname` gives it (classic BPF)."""
    column = 0 if machine == "x86_64" else 1
    instructions: list[Instruction] = [
        (LOAD_WORD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, kernel.NUMBERS[machine].architecture),
        (RETURN, 0, 0, ERROR | errno.ENOSYS),
        (LOAD_WORD, 0, 0, NUMBER),
        (JUMP_AT_LEAST, 0, 1, FOREIGN),
        (RETURN, 0, 0, ERROR | errno.ENOSYS),
    ]
    for name, error, conditions in rules:
        instructions += _rule(CALLS[name][column], error, conditions)
    known = [(JUMP_EQUAL, len(families) - n, 0, family) for n, family in enumerate(families)]
    instructions += [
        (JUMP_EQUAL, 0, 2 + len(families), CALLS["socket"][column]),
        (LOAD_WORD, 0, 0, FIRST_ARGUMENT),
        *known,
        (RETURN, 0, 0, ERROR | errno.EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *one) for one in instructions)


def _rule(number: int, error: int, conditions: Iterable[Condition]) -> list[Instruction]:
    """End a call with an error, if its arguments are such; with the call's number loaded, before and after."""
    steps: list[Instruction] = []
    for argument, mask, value in conditions:
        steps.append((LOAD_WORD, 0, 0, FIRST_ARGUMENT + argument * ARGUMENT_SIZE))
        if mask != WHOLE:
            steps.append((AND, 0, 0, mask))
        steps.append((JUMP_EQUAL, 0, WHOLE, value))
    steps.append((RETURN, 0, 0, ERROR | error))
    end = len(steps)
    if conditions:
        steps.append((LOAD_WORD, 0, 0, NUMBER))
    # Where a condition does not hold, go on behind the return.
    steps = [
        (code, yes, end - place - 1 if no == WHOLE else no, value)
        for place, (code, yes, no, value) in enumerate(steps)
    ]
    return [(JUMP_EQUAL, 0, len(steps), number), *steps]


# Made before any fork: each run would make it again.
PROGRAMS = {machine: program(machine) for machine in kernel.NUMBERS}
SERVER = {
    machine: program(
        machine,
        (*FAMILIES, *((socket.AF_PACKET,) if sys.platform == "linux" else ())),
        tuple(rule for rule in RULES if rule[1] == errno.ENOSYS),
    )
    for machine in kernel.NUMBERS
}
"""For a fork server: what it forks watches its own network, and sets what a run may hold."""


def refuse(programs: dict[str, bytes] = PROGRAMS) -> None:
    """Refuse calls to this process and to everything it starts; for good.

    Args:
        programs: By processor: the filter.

    Raises:
        OSError: The kernel has no such filters.
    """
    code = programs[os.uname().machine]
    kept = ctypes.create_string_buffer(code, len(code))
    whole = struct.pack("HL", len(code) // 8, ctypes.addressof(kept))
    result = kernel.LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, whole, 0, 0)
    kernel.checked(result, "seccomp")
