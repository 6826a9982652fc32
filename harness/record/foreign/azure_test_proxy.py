"""Reads the recordings of Azure's test proxy. JSON bodies in them are spelled anew.

Source: the Azure SDK tools repository, `tools/test-proxy`, class `RecordEntry`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from harness.model.recording import media_type
from harness.record.foreign.charset import encoded
from harness.record.foreign.entry import DoubtError, Entry, Listed, pairs_of, want
from harness.record.foreign.loading import json_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = re.compile(r"^text/|[/+](json|xml)$|x-www-form-urlencoded")


def listed(path: Path) -> Iterator[Listed]:
    """The entries of a recording, in order.

    Raises:
        DoubtError: It is no recording of the test proxy.
        InvalidError: It cannot be read.
    """
    data = want(json_of(path), dict, "$", "an object")
    for index, one in enumerate(want(data.get("Entries"), list, "Entries", "a list")):
        entry = one if isinstance(one, dict) else {}
        about = (entry.get(name) for name in ("RequestMethod", "RequestUri", "StatusCode"))
        yield Listed.of(f"Entries[{index}]", entry, *about)


def answer(one: Listed) -> Entry:
    """What a request was answered.

    Raises:
        DoubtError: It is not as the format says.
    """
    data, field = one.data, one.field
    headers = pairs_of(data.get("ResponseHeaders"), f"{field}.ResponseHeaders")
    body = data.get("ResponseBody")
    try:
        sent = pairs_of(data.get("RequestHeaders"), f"{field}.RequestHeaders")
        asked = _body(data.get("RequestBody"), sent, f"{field}.RequestBody")
    except DoubtError:
        asked = None  # nothing follows from it but that it cannot be compared
    return Entry(
        field=field,
        status=want(data.get("StatusCode"), int, f"{field}.StatusCode", "a number"),
        headers=headers,
        body=_body(body, headers, f"{field}.ResponseBody"),
        # The proxy undoes a text's coding before it saves it; other bytes are as they came.
        decoded=not isinstance(body, str) or _is_text(headers),
        asked=asked,
    )


def _body(body: Any, headers: tuple[tuple[str, str], ...], field: str) -> bytes | None:
    if body is None:
        return None
    lines = isinstance(body, list) and all(isinstance(line, str) for line in body)
    if lines:  # of a text
        return encoded("".join(body), headers, field)
    if not isinstance(body, str):
        try:
            spelled = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except (ValueError, RecursionError) as error:
            raise DoubtError(f"{field}: expected JSON: {error}") from error
        return encoded(spelled, (), field)
    if _is_text(headers):
        return encoded(body, headers, field)
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DoubtError(f"{field}: expected base64: {error}") from error


def _is_text(headers: tuple[tuple[str, str], ...]) -> bool:
    return TEXT.search(media_type(headers)) is not None
