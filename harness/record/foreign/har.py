"""Reads HTTP Archives, as browsers and proxies save them.

Source: HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/). Bodies in them are decoded.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from harness.record.foreign.entry import Doubt, Entry, json_of, want

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOST = "content-encoding"
"""A header that is true of the wire, but not of a body that has been decoded."""


def entries(path: Path) -> Iterator[Entry]:
    """The exchanges of an archive, in order.

    Raises:
        Doubt: It is no HTTP Archive.
        InvalidError: It cannot be read.
    """
    data = want(json_of(path), dict, "$", "an object")
    log = want(data.get("log"), dict, "log", "an object, as every HTTP Archive has")
    for index, entry in enumerate(want(log.get("entries"), list, "log.entries", "a list")):
        field = f"log.entries[{index}]"
        want(entry, dict, field, "an object")
        yield _entry(entry, field)


def _entry(entry: dict[str, Any], field: str) -> Entry:
    request = want(entry.get("request"), dict, f"{field}.request", "an object")
    response = want(entry.get("response"), dict, f"{field}.response", "an object")
    place = f"{field}.response"
    listed = want(response.get("headers"), list, f"{place}.headers", "a list")
    headers = tuple(
        (
            want(one.get("name"), str, f"{place}.headers[{index}].name", "a text"),
            want(one.get("value"), str, f"{place}.headers[{index}].value", "a text").strip(),
        )
        for index, one in enumerate(want(each, dict, place, "an object") for each in listed)
    )
    content = want(response.get("content", {}), dict, f"{place}.content", "an object")
    return Entry(
        method=want(request.get("method"), str, f"{field}.request.method", "a text"),
        url=want(request.get("url"), str, f"{field}.request.url", "a text"),
        status=want(response.get("status"), int, f"{place}.status", "a number"),
        reason=str(response.get("statusText") or ""),
        # HTTP/2 has fields for itself, whose names begin with a colon.
        headers=tuple(one for one in headers if one[0].lower() != LOST and one[0][:1] != ":"),
        body=_body(content, f"{place}.content"),
        on=str(entry.get("startedDateTime") or "")[:10],
    )


def _body(content: dict[str, Any], field: str) -> bytes:
    text: str = want(content.get("text", ""), str, f"{field}.text", "a text")
    if content.get("encoding") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Doubt(f"{field}.text: expected base64: {error}") from error
