"""What filling a template may cost: a template is data of a project's, and may be written to never end."""

from __future__ import annotations

import resource
import signal
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

SECONDS = 5.0
"""Of processor time, for one text; the largest that was seen takes some hundredths."""

MORE_BYTES = 512 << 20
"""Of memory, beyond what this process has."""

MOST_TEXT = 16 << 20
"""Characters of a text that is made, or of a part of it."""


class TimeUpError(BaseException):
    """The time is over. Nothing that catches an `Exception` half-way may catch it."""

    def __str__(self) -> str:
        return f"filling it takes more than {SECONDS:g} seconds"


@contextmanager
def limited() -> Iterator[None]:
    """Bound time and memory of what is done meanwhile.

    Raises:
        TimeUpError: It takes too long.
        MemoryError: It takes too much.
    """
    main = threading.current_thread() is threading.main_thread()
    with _memory(), _timer() if main else _trace():
        yield


@contextmanager
def _memory() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):  # a system that has no such limit either
        yield
        return
    most = pages * resource.getpagesize() + MORE_BYTES
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def _timer() -> Iterator[None]:
    def over(_number: int, _frame: FrameType | None) -> None:
        raise TimeUpError

    before = signal.signal(signal.SIGVTALRM, over)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def _trace() -> Iterator[None]:
    """Another thread gets no signals: it looks at its clock, line by line."""
    end, before = time.thread_time() + SECONDS, sys.gettrace()

    def look(_frame: FrameType, _event: str, _given: Any) -> Callable[..., Any]:
        if time.thread_time() > end:
            raise TimeUpError
        return look

    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)


def binary(operator: str, left: Any, right: Any) -> None:
    """See that one operation, which nothing interrupts, is small.

    Raises:
        OverflowError: It is not.
    """
    if operator == "*":
        for one, times in ((left, right), (right, left)):
            many = isinstance(times, int) and isinstance(one, str | bytes | list | tuple)
            if many and len(one) * times > MOST_TEXT:
                raise OverflowError(f"it would make more than {MOST_TEXT:,} of something")
    if operator in {"*", "**"} and isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * (right if operator == "**" else 1) + right.bit_length()
        if bits > MOST_BITS:
            raise OverflowError("a number would be too large")


MOST_BITS = 20_000
"""Of a number that a template counts with."""
