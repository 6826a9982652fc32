"""How much one run may send, counted as it comes.

Nobody's sample comes near these numbers. They are there for one that sends without end: what it sends
is kept and judged, and so would fill the memory of whoever judges it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The most that one run may send."""

    requests: int = 1_000
    connections: int = 10_000
    at_once: int = 256
    """Connections that are open at the same time."""
    bytes: int = 32 * 1024**2
    """Of all connections together, out of TLS if they came in it."""
    hosts: int = 32
    """Names that it may ask to be connected to: a certificate is made for each."""


UNLIMITED = Limits(
    **dict.fromkeys(("requests", "connections", "at_once", "bytes", "hosts"), sys.maxsize)
)


class Budget:
    """What one run has sent so far. Whatever goes beyond a limit is told once, and counted no further."""

    def __init__(
        self, limits: Limits = UNLIMITED, exceeded: Callable[[], None] = lambda: None
    ) -> None:
        """Count from nothing.

        Args:
            limits: The most there may be.
            exceeded: Called when a limit is exceeded for the first time.
        """
        self.over = ""
        """The limit that was exceeded first, in words; empty if none was."""
        self._limits = limits
        self._exceeded = exceeded
        self._requests = self._connections = self._open = self._bytes = 0
        self._hosts: set[str] = set()

    def connection(self) -> bool:
        """One more connection, open until `closed`; whether it may be."""
        self._connections += 1
        self._open += 1
        return self._within(self._connections, self._limits.connections, "connections") and (
            self._within(self._open, self._limits.at_once, "connections at once")
        )

    def closed(self) -> None:
        """A connection has ended."""
        self._open -= 1

    def request(self) -> bool:
        """One more request; whether it may be."""
        self._requests += 1
        return self._within(self._requests, self._limits.requests, "requests")

    def data(self, size: int) -> bool:
        """So many bytes more; whether they may be."""
        self._bytes += size
        return self._within(self._bytes, self._limits.bytes, "bytes")

    def host(self, name: str) -> bool:
        """A connection to a host is asked for; whether it may be."""
        if len(self._hosts) <= self._limits.hosts:
            self._hosts.add(name.lower())
        return self._within(len(self._hosts), self._limits.hosts, "hosts")

    def _within(self, number: int, most: int, what: str) -> bool:
        if number > most and not self.over:
            self.over = f"{most:,} {what}"
            self._exceeded()
        return not self.over
