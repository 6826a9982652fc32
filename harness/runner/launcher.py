"""The harness's side of the starter: orders go out, endings come back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from harness.model.observation import Exit
from harness.model.problem import HarnessError
from harness.runner import wire
from harness.runner.boot import boot

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
    """Folders of the project to be seen, read-only. Which of their files are opened is noted."""
    sample: Shown | None = None
    """The file that runs."""
    hosts: tuple[str, ...] = ()
    """Names that lead to the gateway."""
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


class Run:
    """A run under way."""

    def __init__(self, lifeline: socket.socket) -> None:
        self.warden: int | None = None
        """The warden's process id, once known."""
        self.opened: tuple[str, ...] | None = None
        """Files of the project's folders that it has opened, once it has ended; `None` if unknown."""
        loop = asyncio.get_running_loop()
        self._sealed: asyncio.Future[tuple[socket.socket, ...]] = loop.create_future()
        self._sockets: tuple[socket.socket, ...] = ()
        self._lifeline = lifeline
        self._ended: asyncio.Future[dict[str, Any]] = loop.create_future()
        loop.add_reader(lifeline.fileno(), self._read)

    def _read(self) -> None:
        message = wire.receive(self._lifeline)
        report, numbers = message or ({"fault": "the run's warden has vanished"}, [])
        if "warden" in report:
            self.warden = report["warden"]
            return
        if "sealed" in report:
            self._sockets = tuple(socket.socket(fileno=number) for number in numbers)
            _settle(self._sealed, self._sockets)
            return
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
        if "fault" in report:
            raise HarnessError(
                f"a sample could not be started: {report['fault']}", "run: sampleproof doctor"
            )
        status = report["status"]
        if report["opened"] is not None:
            self.opened = tuple(report["opened"])
        return Exit(
            code=None if status is None or os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
            signal=os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
            ended_for=LIMITS.get(report.get("reason", ""), ""),
            left_behind=tuple(report["left_behind"]),
        )

    def end(self) -> None:
        """Have the run ended, with everything it started."""
        try:
            self._lifeline.shutdown(socket.SHUT_WR)
        except OSError:
            return  # it has ended by itself

    def close(self) -> None:
        """Let go of the run; if it has not ended, this ends it."""
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

    def probe(self, home: str) -> str | None:
        """Why runs cannot be sealed here; `None` if they can.

        Args:
            home: An empty folder.
        """
        if sys.platform != "linux":
            return f"{sys.platform} has no namespaces"
        ours, theirs = socket.socketpair()
        with ours, theirs:
            try:
                order = msgspec.to_builtins(Seal(home=home), builtin_types=(bytes,))
                wire.send(self._starter.control, order, (theirs.fileno(),))
            except OSError:
                return "the starter is gone"
            theirs.close()
            while (answer := wire.receive(ours)) is not None:
                report, numbers = answer
                self._tried += numbers
                if "sealed" in report:
                    reason: str | None = report.get("reason")
                    return reason
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
        told = wire.receive(control)
        return str(told[0]["unready"]) if told else "importing its library ends the program"

    def launch(self, order: Order, terminal: Terminal) -> Run:
        """Start a sample on a terminal.

        Raises:
            HarnessError: The starter is gone.
        """
        ours, theirs = socket.socketpair()
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
        return Run(ours)

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
