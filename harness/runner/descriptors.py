"""Open descriptors, all of them: a program of somebody else's is given none by chance."""

from __future__ import annotations

import ctypes
import os

CLOSE_RANGE = 436
"""The same on every architecture (Linux 5.9)."""
LAST = (1 << 32) - 1
# Looked up before any fork; elsewhere than on Linux, the number means something else.
SYSCALL = ctypes.CDLL(None).syscall if os.uname().sysname == "Linux" else None


def close_all_but(*kept: int) -> None:
    """Close every descriptor of this process but these, whatever their numbers are."""
    first = 0
    for number in (*sorted(kept), LAST + 1):
        if first < number and not _close(first, number - 1):
            return _close_listed(kept)
        first = number + 1
    return None


def _close(first: int, last: int) -> bool:
    """Whether the kernel has closed these."""
    words = ctypes.c_uint(first), ctypes.c_uint(last), ctypes.c_uint(0)
    return SYSCALL is not None and SYSCALL(CLOSE_RANGE, *words) == 0


def _close_listed(kept: tuple[int, ...]) -> None:
    for name in os.listdir("/dev/fd"):  # noqa: PTH208
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the one by which the folder was read
