"""Requests to end: the first lets what is under way end in order, the second ends all at once.

Ctrl-C (SIGINT), SIGTERM and SIGHUP are one thing. What whoever started this program had it ignore,
as `nohup` does with SIGHUP, stays ignored.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from sys import UnraisableHookArgs
    from types import FrameType

T = TypeVar("T")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

SHOW_CURSOR = b"\x1b[?25h"
"""What a live table leaves hidden (ECMA-48, as xterm extends it)."""


class Interrupted(KeyboardInterrupt):
    """What was asked for was ended before it was done. Says how far it came."""


class _Received:
    """What has been asked of this process."""

    number: signal.Signals | None = None
    cancel: Callable[[], object] | None = None
    """Ends what an event loop is at; `None` while none runs."""


_received = _Received()


def heed(end: Callable[[], object] | None = None) -> None:
    """From now on, end in order when asked to. For the main thread of a program of our own.

    Args:
        end: Ends what is under way; `KeyboardInterrupt` is raised unless told.
    """
    _received.cancel = end
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _asked)
    sys.unraisablehook = _unraisable


def _asked(number: int, frame: FrameType | None) -> None:
    del frame
    if _received.number is not None:
        _end_at_once(number)
    _received.number = signal.Signals(number)
    if _received.cancel is None:
        raise KeyboardInterrupt
    _received.cancel()


def _unraisable(unraisable: UnraisableHookArgs) -> None:
    """Where nothing can be raised, as in the import system's callbacks, a request is only noted."""
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)


def _end_at_once(number: int) -> None:
    """Everything that was started ends with this process: the kernel sees to it."""
    with suppress(OSError):
        if os.isatty(1):
            os.write(1, SHOW_CURSOR)
    os._exit(128 + number)


def received() -> signal.Signals:
    """Which signal asked this process to end."""
    return _received.number or signal.SIGINT


def run(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine in an event loop of its own, as `asyncio.run` does.

    Raises:
        KeyboardInterrupt: This process was asked to end; what the coroutine was at has ended.
    """
    import asyncio

    if _received.number is not None:  # it was asked for where no exception could be raised
        work.close()
        raise KeyboardInterrupt
    try:
        return asyncio.run(_cancellable(work))
    except asyncio.CancelledError:
        if _received.number is None:
            raise
        raise KeyboardInterrupt from None


async def _cancellable(work: Coroutine[object, object, T]) -> T:
    import asyncio

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101
    _received.cancel = lambda: loop.call_soon_threadsafe(task.cancel)
    try:
        return await work
    finally:
        _received.cancel = None
