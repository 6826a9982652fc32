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
from harness.record.foreign.entry import Doubt, Entry, json_of, pairs_of, want

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = re.compile(r"^text/|[/+](json|xml)$|x-www-form-urlencoded")
CODED = "content-encoding"


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a recording, in order.

    Raises:
        Doubt: It is no recording of the test proxy.
        InvalidError: It cannot be read.
    """
    data = want(json_of(path), dict, "$", "an object")
    for index, one in enumerate(want(data.get("Entries"), list, "Entries", "a list")):
        field = f"Entries[{index}]"
        want(one, dict, field, "an object")
        headers = pairs_of(one.get("ResponseHeaders"), f"{field}.ResponseHeaders")
        text = TEXT.search(media_type(headers)) is not None
        yield Entry(
            method=want(one.get("RequestMethod"), str, f"{field}.RequestMethod", "a text"),
            url=want(one.get("RequestUri"), str, f"{field}.RequestUri", "a text"),
            status=want(one.get("StatusCode"), int, f"{field}.StatusCode", "a number"),
            reason="",
            # The proxy undoes a text's coding before it saves it.
            headers=tuple(one for one in headers if not (text and one[0].lower() == CODED)),
            body=_body(one.get("ResponseBody"), text, f"{field}.ResponseBody"),
        )


def _body(body: Any, text: bool, field: str) -> bytes:
    if body is None:
        return b""
    if isinstance(body, list):  # the lines of a text
        return "".join(want(line, str, field, "texts") for line in body).encode()
    if not isinstance(body, str):
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if text:
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Doubt(f"{field}: expected base64: {error}") from error
