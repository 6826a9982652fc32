"""Writes a recording so that people can read it, and compare it with the one before.

The loader reads back the equal value. One event or field of JSON stands in a line, so that a change
in an answer is a change in a line. No YAML library wraps the list of chunks without wrapping texts
as well, and the form is small: it is written here.
"""

from __future__ import annotations

import base64
import re
import textwrap
from typing import TYPE_CHECKING

from harness.model.event_stream import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.model.recording import Exchange, Provenance, Recording, Response

WIDTH = 100
SHORT = 80
"""A text of so many characters stays in one line."""

UNPRINTABLE = re.compile(
    "[^ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What YAML, or an editor, would not keep as it is (YAML 1.2, section 5.1)."""

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
RESERVED = {"null", "true", "false"}
"""Words that YAML does not take for texts."""

FIELD = re.compile(r'(?<=,)(?=[{"])|(?<=\n)')
"""Where a body is broken into lines: after its own, and before the next JSON field or object."""


def dump(recording: Recording) -> str:
    """A recording as the text of its file."""
    lines = [
        f"# What answers the scenario {recording.scenario}, whatever the client and the model.",
        "format: 1",
        f"scenario: {scalar(recording.scenario)}",
        "provenance:",
        *_indent(_provenance(recording.provenance)),
        "",
        "exchanges:",
    ]
    for exchange in recording.exchanges:
        first, *others = _exchange(exchange)
        lines += [f"  - {first}", *(f"    {line}" for line in others)]
    return "\n".join(lines) + "\n"


def _provenance(provenance: Provenance) -> Iterator[str]:
    yield f"how: {provenance.how}"
    yield f"on: {provenance.on}"
    for name in ("endpoint", "model", "client"):
        if value := getattr(provenance, name):
            yield f"{name}: {scalar(value)}"
    if provenance.versions:
        yield "versions:"
        yield from (f"  {scalar(name)}: {scalar(one)}" for name, one in provenance.versions.items())
    if provenance.note:
        yield f"note: {scalar(provenance.note)}"


def _exchange(exchange: Exchange) -> Iterator[str]:
    yield "request:"
    yield f"  method: {scalar(exchange.method)}"
    yield f"  path: {scalar(exchange.path)}"
    yield "response:"
    yield from _indent(_response(exchange.response))


def _response(response: Response) -> Iterator[str]:
    yield f"status: {response.status}"
    yield f"reason: {scalar(response.reason)}"
    yield from _fields("headers", response.headers)
    yield f"framing: {response.framing if response.framing_known else 'unknown'}"
    if response.length is not None:
        yield f"length: {response.length}"
    yield "body:"
    yield from _indent(_body(response))
    yield from _chunks(response)
    if response.trailers:
        yield from _fields("trailers", response.trailers)
    yield f"ending: {response.ending}"
    yield f"sha256: {response.sha256}"


def _fields(name: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    found = [f"  - [{scalar(key)}, {_quoted(value)}]" for key, value in pairs]
    yield from [f"{name}:", *found] if found else [f"{name}: []"]


def _body(response: Response) -> Iterator[str]:
    try:
        text = response.body.decode("utf-8")
    except UnicodeDecodeError:
        yield "base64: |"
        encoded = base64.b64encode(response.body).decode()
        yield from _indent(textwrap.wrap(encoded, WIDTH - 12))
        return
    if response.is_stream and text.endswith("\n\n"):
        yield "events:"
        yield from (f"  - {_quoted(event)}" for event in text[:-2].split("\n\n"))
        return
    pieces = [text]
    if len(text) > SHORT or "\n" in text[:-1] or "\r" in text[:-1]:
        if response.is_stream:
            pieces = [block.decode() for block in blocks(response.body)]
        else:
            pieces = [piece for piece in FIELD.split(text) if piece]
    if len(pieces) == 1:
        yield f"text: {_quoted(text)}"
        return
    yield "pieces:"
    yield from (f"  - {_quoted(piece)}" for piece in pieces)


def _chunks(response: Response) -> Iterator[str]:
    if not response.chunks_known:
        yield "chunks: unknown"
        return
    marks = [f"[{mark.size}, {_number(mark.after_ms)}]," for mark in response.chunks]
    if marks == [f"[{len(response.body)}, 0],"]:
        return
    yield "# Bytes of each chunk, and milliseconds since the one before it."
    one = f"chunks: [{' '.join(marks).rstrip(',')}]"
    if len(one) <= SHORT:
        yield one
        return
    yield "chunks: ["
    line = ""
    for mark in marks:
        if len(line) + len(mark) > WIDTH - 10:
            yield f"  {line}"
            line = ""
        line = f"{line} {mark}" if line else mark
    yield f"  {line}"
    yield "]"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _indent(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def scalar(text: str) -> str:
    """A text as YAML: as it is where that is plain, else quoted."""
    return text if PLAIN.fullmatch(text) and text.lower() not in RESERVED else _quoted(text)


def _quoted(text: str) -> str:
    if not UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + re.sub(f'{UNPRINTABLE.pattern}|["\\\\]', _escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return ESCAPES.get(character) or f"\\U{ord(character):08X}"
