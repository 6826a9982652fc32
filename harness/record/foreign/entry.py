"""What the formats of others have in common: requests with their answers, as far as a file tells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 60
"""Characters of a value that a message shows."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a file lists, read just so far that one sees whether it is wanted."""

    field: str
    """Where in the file: `log.entries[3]`."""
    data: dict[str, Any]
    """All that the file has about it."""
    method: str = ""
    """Empty if the file does not tell, or something that is no text."""
    url: str = ""
    """Empty if the file does not tell, or something that is no text."""
    status: Any = None
    """The answer's status, whatever the file has in its place."""

    @classmethod
    def of(cls, field: str, data: dict[str, Any], method: Any, url: Any, status: Any) -> Listed:
        """A request of whose parts anything may stand in the file."""
        return cls(
            field=field,
            data=data,
            method=method.upper() if isinstance(method, str) else "",
            url=url if isinstance(url, str) else "",
            status=status,
        )

    @property
    def path(self) -> str:
        """The URL's path; empty if it is no URL."""
        try:
            return urlsplit(self.url).path
        except ValueError:
            return ""

    def __str__(self) -> str:
        """The request on one line, without its query, which may hold a key."""
        try:
            parts = urlsplit(self.url)
            text = f"{self.method} {parts.scheme}://{parts.hostname or ''}{parts.path}"
        except ValueError:
            text = f"{self.method} and no URL"
        return printable(text) if self.url else f"{self.field}, which has no URL"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, and what was asked for it, as far as another's file tells."""

    field: str
    """Where in the file the answer stands."""
    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    """`None` if the file has none: it may have been empty, or was not kept."""
    decoded: bool = False
    """Whether its format keeps such bodies decoded, whatever the headers say."""
    sizes: tuple[tuple[str, int], ...] = ()
    """The body's bytes, as the file itself has counted them: where, and how many. -1: not known."""
    why: str = ""
    """What the file itself says of a body that it does not have, or not all of."""
    asked: bytes | None = None
    """The request's body, if the file has it."""
    on: str = ""
    """How a date begins, if the file tells one: `2026-03-04`."""


class DoubtError(Exception):
    """Something in a file that is not as its format says; the message names it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        """What to do about it."""


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a kind that only a program of others can make."""

    tag: str
    line: int

    def __str__(self) -> str:
        return f"{self.tag} in line {self.line}"


def want(value: Any, kind: type | tuple[type, ...], field: str, named: str) -> Any:
    """A value of the file, if it is of its type.

    Raises:
        DoubtError: It is not.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise DoubtError(f"{printable(field)}: expected {named}; received {shown(value)}")
    return value


def shown(value: Any) -> str:
    """A value as a message shows it; of something large, only what it is."""
    match value:
        case None:
            return "nothing"
        case dict() | list():
            return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
        case bytes():
            return f"{len(value)} bytes"
        case Tagged():
            return printable(str(value))
        case str():
            return json.dumps(value[:SHOWN])
        case int() if abs(value) >= 10**SHOWN:
            return "a number of too many digits"
        case _:
            return json.dumps(value, default=repr)[:SHOWN]


def printable(text: str) -> str:
    """A text with escapes in place of what no terminal can show."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def pairs_of(headers: Any, field: str) -> tuple[tuple[str, str], ...]:
    """Headers, from a mapping of names to one value or several.

    Raises:
        DoubtError: They are something else.
    """
    found: list[tuple[str, str]] = []
    for name, values in want(headers or {}, dict, field, "an object").items():
        several: Iterable[Any] = values if isinstance(values, list) else [values]
        found += [
            (name, want(one, str, f"{field}.{name}", "a text, or a list of texts"))
            for one in several
            if one is not None
        ]
    return tuple(found)
