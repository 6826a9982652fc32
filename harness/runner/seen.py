"""What the gateway sees of one run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.gateway.budget import Budget
from harness.model.problem import HarnessError
from harness.model.unexpected import describe
from harness.runner.watch import dropped

if TYPE_CHECKING:
    import socket

    from harness.gateway.budget import Limits
    from harness.gateway.gateway import Gateway, Service
    from harness.gateway.responder import Responder
    from harness.model.observation import SeenConnection, SeenRequest

DIFFERENT = 1000
"""How many connections are kept, equal ones not counted."""


class Seen:
    """Serves one run, and keeps what it sends."""

    def __init__(self, gateway: Gateway, secret: str, limits: Limits) -> None:
        """Keep what a run sends.

        Args:
            gateway: Serves.
            secret: What is looked for in all that is no whole request.
            limits: The most that it may send.
        """
        self.exceeded = asyncio.Event()
        """Set once it has sent more than that: nothing of it is answered any more."""
        self._budget = Budget(limits, self._end)
        self.requests: list[SeenRequest] = []
        self._gateway = gateway
        self._secret = secret
        self._services: list[Service] = []
        self._open: list[Service] = []
        self._connections: dict[SeenConnection, None] = {}
        self._unwatched: dict[str, None] = {}

    @property
    def connections(self) -> tuple[SeenConnection, ...]:
        """Every kind of connection, in the order in which they ended."""
        return tuple(self._connections)

    @property
    def over(self) -> str:
        """The limit that was exceeded, in words; empty if none was."""
        return self._budget.over

    @property
    def unwatched(self) -> str:
        """What could not be seen, in words."""
        return "; ".join(self._unwatched)

    async def serve(self, listener: socket.socket, responder: Responder) -> None:
        """Answer what comes to a socket."""
        service = await self._gateway.serve(
            listener,
            responder,
            self._requested,
            connected=self._connected,
            secret=self._secret,
            budget=self._budget,
        )
        self._services.append(service)
        self._open.append(service)

    def _end(self) -> None:
        """Answer nothing more. What came is not being taken in just now, but a little later."""
        self.exceeded.set()
        for service in self._services:
            asyncio.get_running_loop().call_soon(service.abort)

    def _requested(self, request: SeenRequest) -> None:
        if self._budget.request():
            self.requests.append(request)

    def _connected(self, one: SeenConnection) -> None:
        if len(self._connections) < DIFFERENT:
            self._connections[one] = None
        elif one not in self._connections:
            self._unwatched["connections, of more kinds than are kept"] = None

    async def settle(self, watcher: socket.socket | None) -> None:
        """See what a run that has ended has left to be seen.

        Args:
            watcher: Saw what was not for the gateway, if anything did.
        """
        if watcher and (lost := dropped(watcher)):
            self._unwatched[f"{lost} packets, which came too fast"] = None
        for service in self._services:
            if not await service.settle() and not self.over:
                self._unwatched["connections that have not ended, or too many to be opened"] = None

    async def close(self) -> None:
        """End all that is open."""
        while self._open:
            await self._open.pop().close()

    def check(self) -> None:
        """Make sure that the gateway did its work.

        Raises:
            HarnessError: It failed.
        """
        for service in self._services:
            if isinstance(service.fault, HarnessError):
                raise service.fault
            if service.fault is not None:
                raise HarnessError(
                    f"the gateway failed: {describe(service.fault)}", "please report this"
                ) from service.fault
