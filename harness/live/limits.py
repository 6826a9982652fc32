"""Keeps a run within what an endpoint allows, so that it never earns a 429 by its own doing.

An endpoint counts a request when it arrives, which we cannot see. So a request counts here from
before it is sent until a minute (a day) after it was answered: whatever the endpoint's clock and
windows are, it has seen no more than we have counted. The count is on disk, shared by all runs
against the same endpoint, and survives them.

A sample that waits to ask once more holds nothing that another could wait for: all that it has sent
was answered. So no two can wait for each other.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from harness.model.catalog import Limits
from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
    from pathlib import Path


MINUTE_S = 60.0
DAY_S = 24 * 3600.0
LOOK_S = 0.05
"""How often to look whether something that runs has ended."""

LONGEST_WAIT_S = 600.0
"""Nobody waits longer than this for their turn; a day's limit that is used up is told at once."""


class Taken(msgspec.Struct, kw_only=True):
    """A sample that has its turn."""

    pid: int
    number: int
    count: int
    """Its requests that are under way, or may be at any time."""


class Book(msgspec.Struct, kw_only=True):
    """What is on disk."""

    ended: list[float] = []
    """Seconds since the epoch, ascending: when each request of the last day had arrived for sure."""
    taken: list[Taken] = []
    alone_until: float = 0.0
    """Until when the endpoint has asked to be left alone."""


class Turn:
    """A sample's share of what is allowed, from before it starts until it has ended."""

    def __init__(self, schedule: Schedule, number: int, count: int) -> None:
        self._schedule = schedule
        self._number = number
        self._left = count
        """Requests that are allowed already, and not yet sent."""

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Wait until one more request may be sent, and hold it until it is answered.

        Raises:
            HarnessError: The day's limit is used up, or the book cannot be written.
        """
        if self._left:
            self._left -= 1
        else:
            await self._schedule.more(self._number)
        try:
            yield
        finally:
            self._schedule.arrived(self._number)


class Schedule:
    """Gives each sample its turn."""

    def __init__(
        self,
        path: Path,
        limits: Limits,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Keep to limits.

        Args:
            path: The book; made when it is first needed, if anything is limited.
            limits: What is allowed.
            clock: Seconds since the epoch.
            sleep: Waits for a number of the clock's seconds.
        """
        self._path = path
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._unlimited = Book()
        """Where nothing is limited, nobody else need know what we ask for."""
        self._windows = [
            (limit, period)
            for limit, period in ((limits.per_minute, MINUTE_S), (limits.per_day, DAY_S))
            if limit is not None
        ]

    @asynccontextmanager
    async def turn(self, count: int) -> AsyncIterator[Turn]:
        """Wait until a sample may start.

        Args:
            count: How many requests it is going to send. What is more than a limit allows at all is
                waited for when its time has come.

        Raises:
            HarnessError: The day's limit is used up, or the book cannot be written.
        """
        count = min([count, *(limit for limit, _ in self._windows)])
        mine = Taken(pid=os.getpid(), number=secrets.randbits(48), count=count)
        await self._when_free(count, lambda book: book.taken.append(mine), starts=True)
        try:
            yield Turn(self, mine.number, count)
        finally:
            self._give_back(mine.number)

    async def more(self, number: int) -> None:
        """Wait until a sample that has its turn may send a request more.

        Raises:
            HarnessError: The day's limit is used up, or the book cannot be written.
        """

        def take(book: Book) -> None:
            _of(book, number).count += 1

        await self._when_free(1, take, starts=False)

    def arrived(self, number: int) -> None:
        """Tell that a request has been answered, or that nobody waits for its answer any more."""
        with self._book() as book:
            _of(book, number).count -= 1
            book.ended.append(self._clock())

    async def _when_free(self, count: int, take: Callable[[Book], None], *, starts: bool) -> None:
        while True:
            with self._book() as book:
                wait = self._wait(book, count, starts=starts)
                if not wait:
                    take(book)
                    return
            if wait > LONGEST_WAIT_S:
                raise HarnessError(
                    "the endpoint's limit for a day is used up",
                    f"try again in {wait / 3600:.1f} hours, or choose fewer samples",
                )
            await self._sleep(wait)

    def _wait(self, book: Book, count: int, *, starts: bool) -> float:
        """Seconds until it is worth asking again; 0 if it may be now."""
        now = self._clock()
        concurrent = self._limits.concurrent
        if starts and concurrent is not None and len(book.taken) >= concurrent:
            return LOOK_S
        under_way = sum(one.count for one in book.taken)
        wait = book.alone_until - now
        for limit, period in self._windows:
            recent = [moment for moment in book.ended if moment > now - period]
            over = len(recent) + under_way + count - limit
            if over > 0:
                enough = over <= len(recent)
                wait = max(wait, recent[over - 1] + period - now if enough else LOOK_S)
        return max(0.0, wait)

    def _give_back(self, number: int) -> None:
        with self._book() as book:
            # What it had no need to send counts as sent: too much is safe.
            book.ended += [self._clock()] * _of(book, number).count
            book.taken = [one for one in book.taken if one.number != number]

    def leave_alone(self, seconds: float) -> None:
        """Let nobody ask for a while."""
        with self._book() as book:
            book.alone_until = max(book.alone_until, self._clock() + seconds)

    def left_today(self) -> int | None:
        """How many requests the day's limit still allows; `None` if there is none."""
        if self._limits.per_day is None:
            return None
        with self._book() as book:
            used = len(book.ended) + sum(one.count for one in book.taken)
        return max(0, self._limits.per_day - used)

    def predict(self, cells: Sequence[tuple[int, float]], jobs: int) -> float:
        """How many seconds cells would take.

        Args:
            cells: In their order: how many requests each sends, and how many seconds it takes.
            jobs: How many run at once.
        """
        workers = [0.0] * min(jobs, self.at_once(jobs))
        now = self._clock()
        with self._book() as book:
            ends = sorted(moment - now for moment in book.ended)
            alone = max(0.0, book.alone_until - now)
        for count, seconds in cells:
            first = workers.index(min(workers))
            start = max(workers[first], alone)
            for limit, period in self._windows:
                over = len(ends) + count - max(limit, count)
                if over > 0:
                    start = max(start, ends[over - 1] + period)
            workers[first] = start + seconds
            ends = sorted([*ends, *[start + seconds] * count])
        return max(workers)

    def at_once(self, jobs: int) -> int:
        """How many samples may run at once."""
        return min(jobs, self._limits.concurrent or jobs)

    @contextmanager
    def _book(self) -> Iterator[Book]:
        """The book, opened for us alone; what is changed in it is kept."""
        if self._limits == Limits():
            yield self._unlimited
            return
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                book = self._read()
                yield book
                beside.write_bytes(msgspec.json.encode(book))
                beside.replace(self._path)
            finally:
                os.close(lock)
        except OSError as error:
            raise HarnessError(
                f"what has been asked for cannot be kept: {self._path}: {error.strerror}",
                "make the folder writable",
            ) from error

    def _read(self) -> Book:
        book = Book()
        with suppress(OSError, msgspec.DecodeError):
            book = msgspec.json.decode(self._path.read_bytes(), type=Book)
        now = self._clock()
        for one in [one for one in book.taken if not _alive(one.pid)]:
            # Killed: what it sent has been sent, at the latest now.
            book.taken.remove(one)
            book.ended += [now] * one.count
        # A clock that was set back must not hold everybody up.
        longest = max((period for _, period in self._windows), default=0.0)
        book.ended = sorted(min(moment, now) for moment in book.ended if moment > now - longest)
        book.alone_until = min(book.alone_until, now + LONGEST_WAIT_S)
        return book


def _of(book: Book, number: int) -> Taken:
    """A sample's entry; where somebody has removed the book, one that no longer counts."""
    nobody = Taken(pid=0, number=number, count=0)
    return next((one for one in book.taken if one.number == number), nobody)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
