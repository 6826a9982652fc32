"""Awaits something, and says so whenever it has to wait."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

T = TypeVar("T")


class Patient(Generic[T]):
    """An awaitable that calls a function before each wait, and not at all if there is none.

    What stands in between is only passed on: futures to the event loop, and what the loop answers
    back (PEP 492, as `yield from` does it in PEP 380).
    """

    def __init__(self, awaited: Awaitable[T], before_waiting: Callable[[], None]) -> None:
        self._awaited = awaited
        self._before_waiting = before_waiting

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._awaited.__await__()
        resume = partial(steps.send, None)
        while True:
            try:
                step = resume()
            except StopIteration as done:
                return cast("T", done.value)
            self._before_waiting()
            try:
                resume = partial(steps.send, (yield step))
            except BaseException as error:  # noqa: BLE001
                resume = partial(steps.throw, error)
