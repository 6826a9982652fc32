"""Whether a file has all of a body, and how it is coded there: header and body often disagree.

Browsers leave streams out of an archive, and cut what is long; some libraries record what they have
decoded, and keep the header that says otherwise (RFC 9110, sections 8.4 and 8.6).
"""

from __future__ import annotations

import re
import zlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from harness.gateway.outgoing import BODILESS
from harness.gateway.responder import header, tokens
from harness.model import jsonvalue
from harness.model.coding import KNOWN, MOST, Decoder, TooLongError
from harness.model.recording import EVENT_STREAM, media_type
from harness.record.foreign.entry import DoubtError, printable

if TYPE_CHECKING:
    from harness.model.operation import Operation
    from harness.record.foreign.entry import Entry

CODED = "content-encoding"
MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
"""How what is coded begins, where that tells it from anything else (RFC 1952, RFC 8878)."""

EMPTY = BODILESS | {HTTPStatus.RESET_CONTENT}
CUT = re.compile(r"truncat|not included|too (large|big|long)", re.IGNORECASE)
"""What browsers note of bodies that they have not kept, or not all of."""

LINE = re.compile(r"(data|event|id|retry)?:|$")
"""How each line of an event stream begins (WHATWG HTML, "Parsing an event stream")."""

UNCLOSED = re.compile(rb"(?s)(?:\xef\xbb\xbf)?\s*(?:\{(?!.*\}\s*\Z)|\[(?!.*\]\s*\Z)).*")
"""JSON that has been begun, and does not end as it began."""

ANEW = "record it anew, and keep bodies"
UNCODED = "record it anew with the request header 'Accept-Encoding: gzip', or 'identity'"

BORDERS, SLACK = 2, 64
"""Whoever counts bytes on the wire counts the borders of chunks too: never more than this."""


Fields = tuple[tuple[str, str], ...]


def body_of(entry: Entry, fields: Fields, operation: Operation) -> tuple[Fields, bytes]:
    """An answer's headers and body, such that they agree.

    Args:
        entry: What the file has.
        fields: Its headers.
        operation: Says how a stream ends.

    Raises:
        DoubtError: The body, or a part of it, is not in the file, or cannot be read.
    """
    if entry.status in EMPTY:
        return fields, b""
    body = entry.body or b""
    if not body:
        _may_be_empty(entry, fields)
        return fields, b""
    agreed, plain = _agreed(entry, fields, body)
    _is_all(entry, fields, agreed, body, plain, operation)
    if media_type(agreed) == EVENT_STREAM:  # it is sent one event at a time: it can be cut there
        return tuple(pair for pair in agreed if pair[0].lower() != CODED), plain
    return agreed, body


def _may_be_empty(entry: Entry, fields: Fields) -> None:
    sizes = (*entry.sizes, *_announced(fields))
    why = f" ({printable(entry.why)[:100]})" if entry.why else ""
    message = f"{entry.field}: its body is not in the file{why}"
    for name, size in sizes:
        if size > 0:
            raise DoubtError(f"{message}: {name} tells of {size} bytes", ANEW)
    if entry.body is None and ("content.size", -1) in sizes:
        raise DoubtError(f"{message}, nor is its size", ANEW)
    good = HTTPStatus.OK <= entry.status < HTTPStatus.MULTIPLE_CHOICES
    if good and ("content-length", 0) not in sizes:
        hint = f"{ANEW}; if it was empty, say so there: Content-Length: 0"
        raise DoubtError(f"{message}, and nothing says that it was empty", hint)


def _announced(fields: Fields) -> list[tuple[str, int]]:
    length = (header(fields, "content-length") or "").split(",")[0].strip()
    return [("content-length", int(length))] if re.fullmatch(r"[0-9]{1,18}", length) else []


def _agreed(entry: Entry, fields: Fields, body: bytes) -> tuple[Fields, bytes]:
    """Headers that are true of a body, and what a reader has of it."""
    codings = [one for one in tokens(header(fields, CODED)) if one != "identity"]
    plain = tuple(pair for pair in fields if pair[0].lower() != CODED)
    if not codings:
        return plain, body
    trouble = ""
    if len(codings) == 1 and codings[0] in KNOWN:
        try:
            decoder = Decoder()
            opened = decoder.decode(body)
        except TooLongError:
            trouble = f"; it is over {MOST} bytes"
        except zlib.error as error:
            trouble = f"; it is damaged: {error}"
        else:
            if decoder.is_done:
                return fields, opened
            trouble = "; it breaks off"
    # The last coding was applied last (RFC 9110, section 8.4).
    magic = MAGIC.get(codings[-1])
    coded = body.startswith(magic) if magic else not (entry.decoded or is_text(plain, body))
    if coded:
        named = printable(", ".join(codings))[:60]
        message = f"{entry.field}: its body cannot be undone from {named}{trouble}"
        raise DoubtError(message, UNCODED)
    return plain, body


def is_text(fields: Fields, body: bytes) -> bool:
    """Whether a body is what its content type says, and so not coded in any way."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    kind = media_type(fields)
    if kind.endswith("json"):
        return _is_json(body)
    if kind == EVENT_STREAM:
        return all(LINE.match(line) for line in re.split(r"\r\n|\r|\n", text.lstrip("\ufeff")))
    return re.search(r"[^\t\r\n -~\x80-\U0010ffff]", text) is None


def _is_json(body: bytes) -> bool:
    try:
        jsonvalue.parse(body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return False
    return True


def _is_all(
    entry: Entry, fields: Fields, agreed: Fields, body: bytes, plain: bytes, operation: Operation
) -> None:
    """See that nothing tells of more than there is, unless the body itself is whole."""
    kind = media_type(fields)
    if _is_json(plain) if kind.endswith("json") else operation.has_ended(plain):
        return
    message = f"{entry.field}: only a part of its body is in the file"
    if entry.why and CUT.search(entry.why):
        raise DoubtError(f"{message}: {printable(entry.why)[:100]}", ANEW)
    if kind.endswith("json") and UNCLOSED.fullmatch(plain):
        raise DoubtError(f"{message}: its JSON stops after {len(plain)} bytes", ANEW)
    still_coded = header(agreed, CODED) is not None
    limits = {"content.size": len(plain), "bodySize": BORDERS * len(plain) + SLACK}
    if still_coded or header(fields, CODED) is None:
        limits["content-length"] = len(body)
    for name, size in (*entry.sizes, *_announced(fields)):
        if size > limits.get(name, size):
            raise DoubtError(f"{message}: {len(plain)} bytes of {size}, as {name} tells", ANEW)
