"""An observation: everything that one run of a sample did."""

from __future__ import annotations

from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from harness.model.recording import Response


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


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a live endpoint answered to one request."""

    response: Response
    """As the sample got it."""
    model: str
    """What the endpoint was asked for."""
    no_answer: str = ""
    """What kept it from answering at all; the response is then our own."""
    read: bool = True
    """Whether the sample stayed to its end, or to the event that ends a stream."""
    waited_s: tuple[float, ...] = ()
    """How long it was left alone, each time that it asked for that."""


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
    ended_for: Literal["", "time", "output", "memory"] = ""
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
    attempts: tuple[Attempt, ...] = ()
    """What a sealed run tried to reach beside the gateway; an unsealed one is not watched."""
    opened: tuple[str, ...] | None = None
    """Files that a sealed run opened in the project's folders it was shown; `None` if that is unknown."""
    canary: str
    """The token the sample was given, different in each run."""
    limit_s: float
    duration_ms: float
