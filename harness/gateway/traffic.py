"""What comes over one connection and is part of no whole request.

Every byte that a client sends is counted here when it comes. Whole requests are told of and judged
by themselves; their bytes are dropped. All others are stray: what comes before, after or between
them, or in their stead. Of stray bytes the first few are kept, and all are searched for the
reader's token; so is the framing of a body, which no whole request shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateway.budget import Budget
from harness.model.observation import SeenConnection

if TYPE_CHECKING:
    from harness.model.secret import Search, Secret

KEPT = 256
"""Stray bytes of a connection that are kept."""

KEPT_HEADERS = 4096
"""Bytes of the headers of a `CONNECT` that are kept."""

TUNNEL = "in the request for a tunnel"
GREETING = "in the TLS greeting"
FRAMING = "between or after the chunks of a request's body"
STRAY = "in bytes that are no request"


class Traffic:
    """Keeps account of one connection."""

    def __init__(self, secret: Secret, budget: Budget | None = None) -> None:
        """Account for a new connection.

        Args:
            secret: What is searched for.
            budget: What may come, over this connection and others.
        """
        self._secret = secret
        self._budget = budget or Budget()
        self._searches: dict[str, Search] = {}
        self._open = bytearray()
        self._stray = 0
        self._first = b""
        self.host = ""
        """Where it is to lead, as far as it says."""
        self.port = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        """Of the request for a tunnel."""
        self.requests = 0
        """Whole requests that came over it."""
        self.refused = ""
        """Why something that came was refused; empty if nothing was."""

    def feed(self, data: bytes) -> None:
        """Bytes have come; what they are will be seen."""
        if self._budget.data(len(data)):
            self._open += data

    def head(self, size: int) -> None:
        """So many of the bytes are the head of a request, which is told of by itself."""
        del self._open[:size]

    def framing(self, size: int | None = None) -> None:
        """So many of the bytes, or all, are a request's body with all that frames it."""
        if data := bytes(self._open[:size]):
            self._search(FRAMING, data)
            del self._open[:size]

    def stray(self) -> None:
        """All other bytes that have come are no part of a request."""
        if self._open:
            data = bytes(self._open)
            self._open.clear()
            self._stray += len(data)
            self._first = (self._first + data[:KEPT])[:KEPT]
            self._search(STRAY, data)

    def tunnel(self, head: bytes, headers: tuple[tuple[str, str], ...]) -> None:
        """A tunnel was asked for."""
        self._search(TUNNEL, head)
        size = 0
        kept = []
        for name, value in headers:
            size += len(name) + len(value)
            if size > KEPT_HEADERS:
                break
            kept.append((name, value))
        self.headers = tuple(kept)

    def greeting(self, data: bytes) -> None:
        """Bytes have come in which TLS may show something: they stand outside of what it protects."""
        self._search(GREETING, data)

    def _search(self, place: str, data: bytes) -> None:
        search = self._searches.get(place)
        if search is None:
            search = self._searches[place] = self._secret.search()
        search.feed(data)

    def seen(self) -> SeenConnection:
        """What is to be told of the connection."""
        return SeenConnection(
            host=self.host,
            port=self.port,
            headers=self.headers,
            used=self.requests > 0,
            stray=self._stray,
            first=self._first,
            refused=self.refused,
            leaks=tuple(place for place, search in self._searches.items() if search.found),
        )
