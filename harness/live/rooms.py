"""Which samples run beside others, and which alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Stay:
    """One sample's run."""

    def __init__(self) -> None:
        self.beside_others = False
        """Whether another ran at any moment of it."""


class Rooms:
    """Lets samples run side by side, or one alone. Whoever is to be alone goes first."""

    def __init__(self) -> None:
        self._running: list[Stay] = []
        self._alone = False
        """Whether what runs is to be alone."""
        self._waiting_alone = 0
        self._waiting: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def enter(self, *, alone: bool) -> AsyncIterator[Stay]:
        """Wait until a sample may run."""
        self._waiting_alone += alone
        try:
            while self._alone or (self._running if alone else self._waiting_alone):
                future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(future)
                await future
        finally:
            self._waiting_alone -= alone
        stay = Stay()
        self._running.append(stay)
        self._alone = alone
        for one in self._running:
            one.beside_others |= len(self._running) > 1
        try:
            yield stay
        finally:
            self._running.remove(stay)
            self._alone = False
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)
