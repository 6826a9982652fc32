"""Which processes run, as the kernel tells."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def started_for(path: Path) -> dict[int, str]:
    """By process id: commands with a path in their arguments, or in their environment."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        arguments = _read(process / "cmdline")
        # Other users' environments, and those in a seal, may not be for us to read.
        if os.fsencode(path) in arguments + _read(process / "environ"):
            found[int(process.name)] = arguments.replace(b"\0", b" ").decode("utf-8", "replace")
    found.pop(os.getpid(), None)
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def parent(pid: int) -> int:
    """The process that started a process."""
    return int(_status(pid)[1])


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return _status(pid)[0] != "Z"
    except OSError:
        return False


def _status(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def eventually(is_so: Callable[[], object], timeout_s: float = 20) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
