"""Reads the cassettes of vcrpy, in YAML or JSON. Bodies in them are as they came, or decoded.

Source: vcrpy's `serializers/compat.py`, `persisters/filesystem.py` and `stubs/httpx_stubs.py`,
format version 1.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from harness.record.foreign.charset import encoded
from harness.record.foreign.entry import DoubtError, Entry, Listed, pairs_of, want
from harness.record.foreign.loading import json_of, yaml_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def listed(path: Path) -> Iterator[Listed]:
    """The interactions of a cassette, in order.

    Raises:
        DoubtError: It is no cassette.
        InvalidError: It cannot be read.
    """
    data = want(json_of(path) if path.suffix == ".json" else yaml_of(path), dict, "$", "a mapping")
    every = want(data.get("interactions"), list, "interactions", "a list, as cassettes have")
    for index, one in enumerate(every):
        data = one if isinstance(one, dict) else {}
        request, response = (
            found if isinstance(found := data.get(name), dict) else {}
            for name in ("request", "response")
        )
        status = response.get("status")
        code = status.get("code") if isinstance(status, dict) else response.get("status_code")
        about = request.get("method"), request.get("uri"), code
        yield Listed.of(f"interactions[{index}]", data, *about)


def answer(one: Listed) -> Entry:
    """What a request was answered.

    Raises:
        DoubtError: It is not as the format says.
    """
    field = f"{one.field}.response"
    response = want(one.data.get("response"), dict, field, "a mapping")
    headers = pairs_of(response.get("headers"), f"{field}.headers")
    # As vcrpy 4 and 5 wrote what httpx was answered; vcrpy still reads it.
    if "status_code" in response:
        code, where, reason = response["status_code"], f"{field}.status_code", ""
        body = _body(response.get("content"), f"{field}.content")
    else:
        status = want(response.get("status"), dict, f"{field}.status", "a mapping")
        code, where, reason = status.get("code"), f"{field}.status.code", status.get("message")
        body = _body(response.get("body"), f"{field}.body")
    asked = one.data["request"].get("body")
    try:
        sent = _body(asked, "body")
    except DoubtError:
        sent = None  # nothing follows from it but that it cannot be compared
    return Entry(
        field=field,
        status=want(code, int, where, "a number"),
        reason=reason if isinstance(reason, str) else "",
        headers=headers,
        body=body,
        asked=sent or None,
        on=str(one.data.get("recorded_at") or ""),
    )


def _body(body: Any, field: str) -> bytes | None:
    value = body
    if isinstance(body, dict):
        if isinstance(coded := body.get("base64_string"), str):
            try:
                return base64.b64decode("".join(coded.split()), validate=True)
            except (binascii.Error, ValueError) as error:
                raise DoubtError(f"{field}.base64_string: expected base64: {error}") from error
        value, field = body.get("string"), f"{field}.string"
    if value is None:
        return None
    want(value, (str, bytes), field, "a text, or bytes")
    # vcrpy writes as text what is UTF-8, whatever the content type says.
    return encoded(value, (), field) if isinstance(value, str) else bytes(value)
