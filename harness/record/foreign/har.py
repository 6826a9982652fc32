"""Reads HTTP Archives, as browsers and proxies save them, and Polly.js.

Source: HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/). Bodies in them are decoded, as a
rule; Polly.js keeps them in base64, chunk by chunk, as they came.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from harness.record.foreign.charset import encoded
from harness.record.foreign.entry import DoubtError, Entry, Listed, want
from harness.record.foreign.loading import json_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def listed(path: Path) -> Iterator[Listed]:
    """The requests of an archive, in order.

    Raises:
        DoubtError: It is no HTTP Archive.
        InvalidError: It cannot be read.
    """
    data = want(json_of(path), dict, "$", "an object")
    log = want(data.get("log"), dict, "log", "an object, as every HTTP Archive has")
    for index, one in enumerate(want(log.get("entries"), list, "log.entries", "a list")):
        entry = one if isinstance(one, dict) else {}
        request, response = (
            found if isinstance(found := entry.get(name), dict) else {}
            for name in ("request", "response")
        )
        about = request.get("method"), request.get("url"), response.get("status")
        yield Listed.of(f"log.entries[{index}]", entry, *about)


def answer(one: Listed) -> Entry:
    """What a request was answered.

    Raises:
        DoubtError: It is not as the format says.
    """
    field = f"{one.field}.response"
    response = want(one.data.get("response"), dict, field, "an object")
    if failed := next(filter(None, map(response.get, ("_error", "_failureText"))), None):
        raise DoubtError(
            f"{field}: this answer broke off, as the file says: {str(failed)[:60]!a}",
            "record it anew",
        )
    content = want(response.get("content") or {}, dict, f"{field}.content", "an object")
    headers = tuple(_headers(response.get("headers"), f"{field}.headers"))
    comment = content.get("comment")
    # Polly.js keeps a list of chunks, as they came.
    is_list = str(content.get("text")).startswith("[") and bool(content.get("encoding"))
    return Entry(
        field=field,
        decoded=not is_list,
        status=want(response.get("status"), int, f"{field}.status", "a number"),
        reason=str(response.get("statusText") or ""),
        headers=headers,
        body=_body(content, headers, is_binary=response.get("_isBinary") is True, field=field),
        sizes=tuple(_sizes(response, content)),
        why=comment if isinstance(comment, str) else "",
        asked=_asked(one.data.get("request")),
        on=str(one.data.get("startedDateTime") or ""),
    )


def _headers(pairs: Any, field: str) -> Iterator[tuple[str, str]]:
    for index, pair in enumerate(want(pairs or [], list, field, "a list")):
        place = f"{field}[{index}]"
        want(pair, dict, place, "an object")
        name, value = pair.get("name") or "", pair.get("value")
        want(name, str, f"{place}.name", "a text")
        # Some browsers write headers of which they know nothing.
        if name and value is not None:
            yield name, want(value, str, f"{place}.value", "a text")


def _sizes(response: dict[str, Any], content: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Where no text is kept, what was counted says whether there was any."""
    for place, of, name in (("content.size", content, "size"), ("bodySize", response, "bodySize")):
        size = of.get(name)
        if isinstance(size, int) and not isinstance(size, bool):
            yield place, size


def _body(
    content: dict[str, Any], headers: tuple[tuple[str, str], ...], *, is_binary: bool, field: str
) -> bytes | None:
    place = f"{field}.content.text"
    text = content.get("text")
    if text is None:
        return None
    want(text, str, place, "a text")
    encoding = want(content.get("encoding") or "", str, f"{field}.content.encoding", "a text")
    if encoding.lower() != "base64" and not is_binary:
        return encoded(text, headers, place, encoding)
    try:
        chunks = json.loads(text) if text.startswith("[") else ["".join(text.split())]
        return b"".join(_chunk(want(one, str, place, "texts"), encoding) for one in chunks)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise DoubtError(f"{place}: expected base64: {str(error)[:60]}") from error


def _chunk(text: str, encoding: str) -> bytes:
    """One chunk of Polly.js, which has written them in hexadecimal before."""
    return base64.b64decode(text, validate=True) if encoding else bytes.fromhex(text)


def _asked(request: Any) -> bytes | None:
    posted = request.get("postData") if isinstance(request, dict) else None
    text = posted.get("text") if isinstance(posted, dict) else None
    return text.encode("utf-8", "replace") if isinstance(text, str) and text else None
