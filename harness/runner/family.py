"""The processes that a sample has started, and theirs: known, reaped, and ended. Standard library only."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

STRAY_GRACE_S = 0.25
"""What a sample has started may take this long to end after it."""
NAMED, NAME_BYTES = 10, 500
"""Of how many processes the command lines are told, and how much of each."""
KILL_LIMIT_S = 5.0

# Loaded before any fork: a child does no more than it must.
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of every orphan among this process's descendants."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def strays() -> list[str]:
    """What outlives the sample, given a moment to end by itself: the first few, and how many more."""
    deadline = time.monotonic() + STRAY_GRACE_S
    while True:
        reap()
        left = children(os.getpid())
        if not left or time.monotonic() > deadline:
            more = len(left) - NAMED
            return [name(pid) for pid in left[:NAMED]] + [f"and {more:,} more"] * (more > 0)
        time.sleep(0.01)


def end_all(group: int) -> None:
    """End a process group, and all children: each that dies hands us its own."""
    deadline = time.monotonic() + KILL_LIMIT_S
    while time.monotonic() < deadline:
        for kill, target in (
            (os.killpg, group),
            *((os.kill, pid) for pid in children(os.getpid())),
        ):
            try:
                kill(target, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if not reap():
            return
        time.sleep(0.002)


def reap() -> bool:
    """Reap what has ended; whether there are children left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def children(pid: int) -> list[int]:
    """The children of a process, as far as the system tells."""
    return [int(word) for word in _read(f"/proc/{pid}/task/{pid}/children").split()]


def name(pid: int) -> str:
    """A process's command line; for a moment, while it becomes another program, it has none."""
    command = _read(f"/proc/{pid}/cmdline", NAME_BYTES).replace(b"\0", b" ").strip()
    found = command or _read(f"/proc/{pid}/comm").strip()
    return found.decode("utf-8", "replace") or f"process {pid}"


def _read(path: str, size: int = -1) -> bytes:
    """A file of the system's, or its beginning; empty if its process has ended."""
    try:
        with open(path, "rb") as file:  # as text, a codec is imported
            return file.read(size)
    except OSError:
        return b""
