"""An observation: everything that one run of a sample did."""

from __future__ import annotations

from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from harness.model.recording import Response
from harness.model.text_fault import TextFault

KEPT_BYTES, KEPT_REQUESTS = 64 * 1024, 20
"""Of what a sample sent and printed that fails: a report of a thousand of them must not fill a disk."""


class SeenRequest(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A request as the gateway received it."""

    scheme: str
    host: str
    port: int
    method: str
    target: str
    """Path and query."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at_s: float = 0.0
    """When it had come whole, in seconds of a clock that only ever runs forwards."""
    miss: str | None = None
    """Why no recorded exchange answered it, or `None` if one did."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """Names and values, decoded, in order."""
        return tuple(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def values(self, header: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for name, value in self.headers if name.lower() == header.lower()]


class SeenConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A connection to the gateway, but for the whole requests that came over it."""

    host: str
    """Where it was to lead, as a `CONNECT` or TLS named it; empty if neither did."""
    port: int
    headers: tuple[tuple[str, str], ...] = ()
    """Of the `CONNECT`, its first ones if they are long."""
    used: bool
    """Whether a whole request came over it."""
    stray: int = 0
    """Bytes that were part of no whole request."""
    first: bytes = b""
    """The first of them."""
    refused: str = ""
    """Why the gateway refused something that came; empty if it did not."""
    leaks: tuple[str, ...] = ()
    """Where outside of whole requests the token stood, in words."""

    @property
    def place(self) -> str:
        """Host and port, as a URL has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a live endpoint answered to one request."""

    response: Response
    """As the sample got it."""
    model: str
    """What the endpoint was asked for."""
    no_answer: str = ""
    """What kept it from answering at all; the response is then our own, or what came before we kept the
    rest back. `not_sent` if it was not asked."""
    why: str = ""
    """The same in words."""
    read: bool = True
    """Whether the sample stayed to its end, or to the event that ends a stream."""
    waited_s: tuple[float, ...] = ()
    """How long it was left alone, each time that it asked for that."""
    asked_s: float | None = None
    """How long it asked to be left alone in the end, where that was too long to wait."""


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a stream where the gateway waited for the reader to see what had come so far."""

    text: str
    """What had to be on the terminal."""
    opened: bool
    """Whether it was there before the rest of the stream was sent."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt of a sealed run to reach something that is not the gateway."""

    kind: str
    """`tcp`, `udp`, `dns`, or another protocol."""
    host: str
    """An address; for `dns`, the name that was asked for."""
    port: int | None


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended."""

    code: int | None
    """The exit status; `None` if a signal ended it."""
    signal: int | None = None
    ended_for: Literal["", "time", "output", "memory", "limits"] = ""
    """Which limit the run outlived, if one ended it."""
    left_behind: tuple[str, ...] = ()
    """Commands that were still running after the sample had ended."""

    def __str__(self) -> str:
        return f"signal {self.signal}" if self.code is None else f"exit status {self.code}"


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one run of a sample did."""

    requests: tuple[SeenRequest, ...]
    answers: tuple[Answer, ...] | None = None
    """What a live endpoint answered to them; `None` if a recording did."""
    stdout: bytes
    """What reached the terminal."""
    stderr: bytes
    exit: Exit
    gates: tuple[Gate, ...]
    connections: tuple[SeenConnection, ...] = ()
    """Those that reached the gateway; of equal ones, the first."""
    attempts: tuple[Attempt, ...] = ()
    """What a sealed run tried to reach beside the gateway; an unsealed one is not watched."""
    opened: tuple[str, ...] | None = None
    """Files that a sealed run opened in the project's folders it was shown; `None` if that is unknown."""
    text_faults: tuple[TextFault, ...] = ()
    """What in the bytes that ran may have kept the interpreter from reading them."""
    unwatched: str = ""
    """What a run did that could not be watched, in words; empty if all of it was."""
    over: str = ""
    """The limit of what a run may send that it went over, in words; empty if it went over none."""
    canary: str
    """The token the sample was given, different in each run."""
    limit_s: float
    duration_ms: float
    cut: tuple[str, ...] = ()
    """What of it was not kept once it had been judged, in words."""

    def shortened(self, *, requests: bool) -> Observation:
        """The beginning of what was printed, and of what was sent if `requests` says so."""
        cut = []
        printed = {}
        for name, data in (("stdout", self.stdout), ("stderr", self.stderr)):
            printed[name] = data[:KEPT_BYTES]
            if len(data) > KEPT_BYTES:
                cut.append(f"{name}: the first {KEPT_BYTES:,} of {len(data):,} bytes")
        sent = self.requests
        if requests and len(sent) > KEPT_REQUESTS and self.answers is None:
            cut.append(f"requests: the first {KEPT_REQUESTS} of {len(sent):,}")
            sent = sent[:KEPT_REQUESTS]
        if requests and any(len(one.body) > KEPT_BYTES for one in sent):
            cut.append(f"bodies of requests: the first {KEPT_BYTES:,} bytes of each")
            sent = tuple(
                one
                if len(one.body) <= KEPT_BYTES
                else msgspec.structs.replace(one, body=one.body[:KEPT_BYTES])
                for one in sent
            )
        return msgspec.structs.replace(self, requests=sent, cut=tuple(cut), **printed)
