"""The harness's side of the starter: orders go out, endings come back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from harness.model.observation import Exit
from harness.model.problem import HarnessError
from harness.runner import wire
from harness.runner.boot import boot
from harness.runner.ports import PORTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.runner.boot import Booting
    from harness.runner.terminal import Terminal

T = TypeVar("T")

LIMITS: dict[str, Literal["time", "output", "memory"]] = {
    "time": "time",
    "order": "output",
    "memory": "memory",
}
"""What a warden's reason means here: a run is ended by order only when its output has no end."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a sealed run sees by a path, whatever stands there outside."""

    path: str
    data: bytes
    mode: int


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What a sealed run is given of the world."""

    home: str
    """An empty folder; inside, one in memory stands in its place."""
    read: tuple[str, ...] = ()
    """Files and folders to be seen, read-only, beside the system's own."""
    own: tuple[str, ...] = ()
    """Folders of the project to be seen, read-only, but for what is hidden in them. Which of their files
    are opened is noted."""
    hide: tuple[str, ...] = ()
    """Folders of which nothing else is seen, though they lie in the system's own."""
    files: tuple[Shown, ...] = ()
    """Files to be seen as they were read, the one that runs first."""
    hosts: tuple[str, ...] = ()
    """Names that lead to the gateway."""
    user: tuple[int, int] = msgspec.field(default_factory=lambda: (os.geteuid(), os.getegid()))
    """Who the sample is in there, and its group."""
    memory: int = 4 * 1024**3
    """Bytes that all of the run's processes may hold together."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the starter needs to know to start a sample."""

    argv: tuple[str, ...]
    """The first is an absolute path."""
    env: dict[str, str]
    cwd: str
    limit_s: float
    """Seconds after which the run is ended with everything it started."""
    seal: Seal | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported of a run, one thing at a time."""

    warden: int = 0
    """Its warden's process id, as the warden sees it."""
    sealed: bool | None = None
    reason: str = ""
    """Why it is not sealed, or was ended."""
    fault: str = ""
    """Why it could not be made."""
    status: int | None = None
    """As `waitpid` gives it; `None` of a run that was ended."""
    left_behind: tuple[str, ...] = ()
    opened: tuple[str, ...] | None = None
    unready: str = ""
    """Why what reports this cannot fork samples."""


VANISHED = Report(fault="the run's warden has vanished")
REPORT_S = 5.0
"""How long one report may take to arrive whole: nothing else goes on meanwhile."""
OVERDUE_S = 30.0
"""A run whose warden has not ended it so long after its time has one that cannot be relied on."""


def _report(channel: socket.socket) -> tuple[Report | None, list[int], int]:
    """One report, its descriptors, and who sent it, where the kernel says so; `None` at its end."""
    found = wire.reported(channel)
    if found is None:
        return None, [], 0
    payload, numbers, sender = found
    try:
        return msgspec.json.decode(payload, type=Report), numbers, sender
    except (msgspec.DecodeError, RecursionError):
        for number in numbers:
            os.close(number)
        return None, [], 0


def _channel() -> tuple[socket.socket, socket.socket]:
    """A lifeline: our end, and theirs."""
    ours, theirs = socket.socketpair()
    ours.settimeout(REPORT_S)
    if sys.platform == "linux":
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def _taken(numbers: Iterable[int]) -> tuple[socket.socket, ...] | None:
    """The gateway's listeners and the watching socket, if these are that: others made them."""
    found: list[socket.socket] = []
    for number in numbers:
        try:
            found.append(socket.socket(fileno=number))
        except OSError:
            os.close(number)
    if (
        len(found) == len(PORTS) + 1
        and all(_listens(one) for one in found[:-1])
        and found[-1].family == socket.AF_PACKET
    ):
        return tuple(found)
    _close(found)
    return None


def _listens(sock: socket.socket) -> bool:
    wanted = (socket.AF_INET, socket.SOCK_STREAM)
    listening = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    return (sock.family, sock.type) == wanted and listening == 1


class Run:
    """A run under way."""

    def __init__(self, lifeline: socket.socket, limit_s: float) -> None:
        self.warden: int | None = None
        """The warden's process id, once known."""
        self.opened: tuple[str, ...] | None = None
        """Files of the project's folders that it has opened, once it has ended; `None` if unknown."""
        loop = asyncio.get_running_loop()
        self._sealed: asyncio.Future[tuple[socket.socket, ...]] = loop.create_future()
        self._sockets: tuple[socket.socket, ...] = ()
        self._lifeline = lifeline
        self._ended: asyncio.Future[Report] = loop.create_future()
        self._overdue = loop.call_later(limit_s + OVERDUE_S, self._end, VANISHED)
        loop.add_reader(lifeline.fileno(), self._read)

    def _read(self) -> None:
        found, numbers, sender = _report(self._lifeline)
        report = found or VANISHED
        if report.warden and self.warden is None:
            self.warden = sender or report.warden
        elif report.sealed and not self._sockets:
            sockets = _taken(numbers)
            if sockets is None:
                self._end(VANISHED)
            else:
                self._sockets = sockets
                _settle(self._sealed, sockets)
        else:
            for number in numbers:
                os.close(number)
            self._end(report)

    def _end(self, report: Report) -> None:
        self._overdue.cancel()
        asyncio.get_running_loop().remove_reader(self._lifeline.fileno())
        _settle(self._ended, report)
        _settle(self._sealed, ())

    async def sealed(self) -> tuple[socket.socket, ...]:
        """The sockets made inside the seal: the gateway's listeners, and last the watching one.

        They are closed with the run. There are none if the seal failed, which `ended` tells.
        """
        return await self._sealed

    async def ended(self) -> Exit:
        """How the run ended.

        Raises:
            HarnessError: The sample could not be started.
        """
        report = await self._ended
        if report.fault:
            raise HarnessError(
                f"a sample could not be started: {report.fault}", "run: sampleproof doctor"
            )
        status = report.status
        self.opened = report.opened
        return Exit(
            code=None if status is None or os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
            signal=os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
            ended_for=LIMITS.get(report.reason, ""),
            left_behind=report.left_behind,
        )

    def end(self) -> None:
        """Have the run ended, with everything it started."""
        try:
            self._lifeline.shutdown(socket.SHUT_WR)
        except OSError:
            return  # it has ended by itself

    def close(self) -> None:
        """Let go of the run; if it has not ended, this ends it."""
        self._overdue.cancel()
        if self._lifeline.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._lifeline.fileno())
            self._lifeline.close()
        if self._sockets:
            # The kernel takes ten milliseconds over the watching one (packet(7) sees out whoever
            # still reads it), in which no other run could go on.
            asyncio.get_running_loop().run_in_executor(None, _close, self._sockets)
            self._sockets = ()


def _close(sockets: Iterable[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def _settle(future: asyncio.Future[T], result: T) -> None:
    """Give a result to whoever still waits for it."""
    if not future.done():
        future.set_result(result)


class Launcher:
    """The starter process, as the harness holds it."""

    def __init__(self, starter: Booting | None = None) -> None:
        """Hold a starter: one that has been started already, or a new one.

        Raises:
            HarnessError: It does not start.
        """
        self._starter = starter or boot()
        self._tried: list[int] = []
        self.pid = self._starter.pid
        self.sealed = self._starter.sealed
        """Whether it starts sealed runs only, and shows them no more than it sees itself."""

    def probe(self, home: str) -> str | None:
        """Why runs cannot be sealed here; `None` if they can.

        Args:
            home: An empty folder.
        """
        if sys.platform != "linux":
            return f"{sys.platform} has no namespaces"
        ours, theirs = _channel()
        with ours, theirs:
            try:
                order = msgspec.to_builtins(Seal(home=home), builtin_types=(bytes,))
                wire.send(self._starter.control, order, (theirs.fileno(),))
            except OSError:
                return "the starter is gone"
            theirs.close()
            report, numbers, _ = _report(ours)
            self._tried += numbers
            if report is not None:
                return report.reason or None
        return "the trial ended without an answer"

    async def unready(self, limit_s: float) -> str:
        """Why a starter that imports a library ahead cannot fork samples; empty once it can.

        Nothing may be launched before that.

        Args:
            limit_s: Seconds that it may take.
        """
        loop, control = asyncio.get_running_loop(), self._starter.control
        readable: asyncio.Future[None] = loop.create_future()
        loop.add_reader(control.fileno(), _settle, readable, None)
        try:
            async with asyncio.timeout(limit_s):
                await readable
        except TimeoutError:
            return f"importing its library takes longer than {limit_s:g} s"
        finally:
            loop.remove_reader(control.fileno())
        told, numbers, _ = _report(control)
        for number in numbers:
            os.close(number)
        return told.unready if told else "importing its library ends the program"

    def launch(self, order: Order, terminal: Terminal) -> Run:
        """Start a sample on a terminal.

        Raises:
            HarnessError: The starter is gone.
        """
        ours, theirs = _channel()
        message = msgspec.to_builtins(order, builtin_types=(bytes,))
        try:
            wire.send(
                self._starter.control,
                message,
                (theirs.fileno(), terminal.outlet, terminal.error_outlet),
            )
        except OSError as error:
            ours.close()
            raise HarnessError(
                f"the starter is gone: {error.strerror}", "run the command again"
            ) from error
        finally:
            theirs.close()
            terminal.started()
        return Run(ours, order.limit_s)

    def let_go(self) -> None:
        """Have the starter end, and with it every run; it need not be waited for."""
        self._starter.let_go()

    def close(self) -> None:
        """End the starter, and with it every run."""
        self.let_go()
        # Closed while the starter ends: the kernel takes as long over them as over a run's.
        while self._tried:
            os.close(self._tried.pop())
        self._starter.close()

    def kill(self) -> None:
        """End the starter at once, whatever it is doing, and see it dead."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
