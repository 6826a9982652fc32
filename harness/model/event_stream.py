"""An event stream, read as it comes: its lines, its events, and where each of them ends.

A line ends with LF, CRLF or CR, and with nothing else: U+2028 and U+0085 are characters like any
other. Source: WHATWG HTML, "Interpreting an event stream".
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_END = re.compile(rb"\r\n|\r|\n")
BOM = b"\xef\xbb\xbf"
CONTROL = frozenset({"id", "retry"})
"""Fields that tell a client how to listen, and nobody what is said."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A whole event."""

    name: str = ""
    """Its type; empty if it has none of its own."""
    data: str | None = None
    """`None` if it has no data: a browser would pass it over."""
    others: tuple[tuple[str, str], ...] = ()
    """Fields that the standard does not know, and some servers send."""


class EventReader:
    """Reads events out of the bytes of a stream, however they are cut."""

    def __init__(self) -> None:
        self.end = 0
        """Bytes up to the last empty line: what comes after it is not whole yet."""
        self.ends: list[int] = []
        """Every place at which that has been, in order."""
        self._waiting = bytearray()
        self._read = 0
        """Bytes of the stream before those that wait."""
        self._searched = 0
        """How many of those that wait hold no end of a line."""
        self._after_cr = False
        """Whether the line before ended with a CR, of which an LF would be a part."""
        self._pairs = False
        """Whether the line before ended with CRLF: then a CR is only half an end."""
        self._begun = False
        """Whether there has been a line since the last empty one."""
        self._name = ""
        self._data: list[str] = []
        self._others: list[tuple[str, str]] = []

    def feed(self, data: bytes) -> list[Event]:
        """The events that some more bytes make whole."""
        self._waiting += data
        return list(self._events(last=False))

    def finish(self) -> list[Event]:
        """The events that are whole now that nothing more comes; what is not ended is none."""
        return list(self._events(last=True))

    def _events(self, *, last: bool) -> Iterator[Event]:
        waiting, start = self._waiting, 0
        if self._after_cr and waiting:
            self._after_cr = False
            start = int(waiting.startswith(b"\n"))
            self._pairs = bool(start)
        for match in LINE_END.finditer(waiting, max(start, self._searched)):
            end = match.end()
            if match[0] == b"\r" and end == len(waiting):
                if self._pairs and not last:
                    break
                self._after_cr = True
            self._pairs = match[0] == b"\r\n"
            line = bytes(waiting[start : match.start()])
            start = end
            if (event := self._line(line, self._read + end)) is not None:
                yield event
        del waiting[:start]
        self._read += start
        self._searched = max(0, len(waiting) - 1)

    def _line(self, line: bytes, end: int) -> Event | None:
        """Read a line; the event that it ends, if it is empty and there is one."""
        if not line:
            return self._dispatch(end)
        if not self._begun and not self.ends:
            line = line.removeprefix(BOM)
        self._begun = True
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value
        elif field and field not in CONTROL:
            self._others.append((field, value))
        return None

    def _dispatch(self, end: int) -> Event | None:
        if not self._begun:  # one empty line more
            return None
        self._begun = False
        self.end = end
        self.ends.append(end)
        data = "\n".join(self._data) if self._data else None
        event = Event(name=self._name, data=data, others=tuple(self._others))
        self._name, self._data, self._others = "", [], []
        return event if data is not None or event.others else None


def events(body: bytes) -> list[Event]:
    """The events of a whole stream."""
    reader = EventReader()
    return [*reader.feed(body), *reader.finish()]


def event_data(body: bytes) -> list[str]:
    """The data of every event of a whole stream that has any."""
    return [event.data for event in events(body) if event.data is not None]


def blocks(body: bytes) -> list[bytes]:
    """A stream cut after each empty line that ends an event or a comment; none of them is empty."""
    reader = EventReader()
    reader.feed(body)
    reader.finish()
    borders = [0, *reader.ends, len(body)]
    return [body[start:end] for start, end in pairwise(borders) if start < end]
