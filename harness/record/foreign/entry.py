"""What the formats of others have in common, and the problems that their files have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from harness.model.problem import InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer, as far as another's file tells."""

    method: str
    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    on: str = ""
    """ISO 8601 date; empty if the file does not tell."""

    @property
    def path(self) -> str:
        """The URL's path."""
        return urlsplit(self.url).path

    @property
    def place(self) -> str:
        """The request on one line, without its query, which may hold a key."""
        parts = urlsplit(self.url)
        return f"{self.method} {parts.scheme}://{parts.hostname or ''}{parts.path}"


class Doubt(Exception):  # noqa: N818
    """Something in a file that is not as its format says; the message names it."""


def text_of(path: Path) -> str:
    """A file's text.

    Raises:
        InvalidError: It cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        message = "this is not UTF-8"
    raise InvalidError([Problem(file=str(path), message=message)])


def json_of(path: Path) -> Any:
    """A file's JSON.

    Raises:
        InvalidError: It cannot be read, or is none.
    """
    try:
        return json.loads(text_of(path))
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg}"
        raise InvalidError([Problem(file=str(path), line=error.lineno, message=message)]) from error
    except RecursionError as error:
        problem = Problem(file=str(path), line=1, message="nested too deeply")
        raise InvalidError([problem]) from error


def want(value: Any, kind: type | tuple[type, ...], field: str, named: str) -> Any:
    """A value of the file, if it is of its type.

    Raises:
        Doubt: It is not.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        received = "nothing" if value is None else json.dumps(value, default=repr)[:60]
        raise Doubt(f"{field}: expected {named}; received {received}")
    return value


def pairs_of(headers: Any, field: str) -> tuple[tuple[str, str], ...]:
    """Headers, from a mapping of names to one value or several.

    Raises:
        Doubt: They are something else.
    """
    found: list[tuple[str, str]] = []
    for name, values in want(headers or {}, dict, field, "an object").items():
        several: Iterable[Any] = values if isinstance(values, list) else [values]
        found += [
            (name, want(one, str, f"{field}.{name}", "a text, or a list of texts").strip())
            for one in several
        ]
    return tuple(found)
