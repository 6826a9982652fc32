"""A secret that a stream tells piece by piece: no event holds it, and together they do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.model import jsonvalue
from harness.model.event_stream import EventReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.event_stream import Event
    from harness.model.secret import Secret

BEGUN = 4
"""Characters that a secret may have begun with before an event waits for the next one: fewer stand at
the end of many a text."""

MOST_PATHS = 1000
LONGEST = 1024 * 1024
"""Bytes of an event, or of events that wait, beyond which nobody goes on looking."""


class RepeatedError(Exception):
    """The secret is in what has come, or may be."""


class Pieces:
    """Passes an event stream on, but for events that may tell a secret together."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._reader = EventReader()
        self._size = 0
        """Bytes that have come."""
        self._held = b""
        self._told: dict[str, str] = {}
        """By path in the events' JSON: the end of what they have told there."""
        self._last: dict[str, str] = {}
        self._begun = 0
        """The most characters of the secret that one of them ends with."""

    def feed(self, data: bytes) -> bytes:
        """What can be passed on, now that some bytes have come.

        Raises:
            RepeatedError: The secret has been told, or an event has no end.
        """
        self._held += data
        self._size += len(data)
        for event in self._reader.feed(data):
            self._note(event)
        unread = self._size - self._reader.end
        if max(unread, len(self._held)) > LONGEST:
            raise RepeatedError("an event has no end")
        if self._begun >= BEGUN:
            return b""
        rest = self._held[max(0, len(self._held) - unread) :]
        # Of an event that is not whole nobody knows yet what it adds.
        kept = len(rest) if self._begun or self._secret.may_begin(rest, BEGUN) else 0
        gone = len(self._held) - kept
        passed, self._held = self._held[:gone], self._held[gone:]
        return passed

    def rest(self) -> bytes:
        """What was kept back, as nothing more comes.

        Raises:
            RepeatedError: The secret has been told.
        """
        for event in self._reader.finish():
            self._note(event)
        rest, self._held = self._held, b""
        return rest

    def _note(self, event: Event) -> None:
        for path, text in _texts(event):
            if text == self._last.get(path) and len(text) >= BEGUN:
                continue  # what every event repeats, such as an id
            self._last[path] = text
            told = (self._told.get(path, "") + text)[-max(self._secret.reach, len(text)) :]
            data = told.encode("utf-8", "replace")
            if self._secret.is_in(data):
                raise RepeatedError("it repeats the key piece by piece")
            self._told[path] = told[-self._secret.reach :]
        if len(self._told) > MOST_PATHS:
            raise RepeatedError("its events have no end of fields")
        ends = (told.encode("utf-8", "replace") for told in self._told.values())
        self._begun = max(map(self._secret.overlap, ends), default=0)


def _texts(event: Event) -> Iterator[tuple[str, str]]:
    """The texts in an event's JSON, or its data if that is none, each with its path."""
    for name, data in (("data", event.data or ""), *event.others):
        try:
            value = jsonvalue.parse(data.encode("utf-8", "replace"))
        except (ValueError, RecursionError):
            yield name, data
            continue
        for path, text in jsonvalue.leaves(value, name):
            yield path, json.loads(text) if text[0] == '"' else text
