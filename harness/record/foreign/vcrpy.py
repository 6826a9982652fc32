"""Reads the cassettes of vcrpy, in YAML or JSON. Bodies in them are as they came, compressed or not.

Source: vcrpy's `serializers/compat.py` and `persisters/filesystem.py`, format version 1.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from harness.model.problem import InvalidError, Problem
from harness.record.foreign.entry import Doubt, Entry, json_of, pairs_of, text_of, want

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def entries(path: Path) -> Iterator[Entry]:
    """The interactions of a cassette, in order.

    Raises:
        Doubt: It is no cassette.
        InvalidError: It cannot be read.
    """
    data = want(json_of(path) if path.suffix == ".json" else _yaml(path), dict, "$", "a mapping")
    listed = want(data.get("interactions"), list, "interactions", "a list, as cassettes have")
    for index, one in enumerate(listed):
        field = f"interactions[{index}]"
        want(one, dict, field, "a mapping")
        request = want(one.get("request"), dict, f"{field}.request", "a mapping")
        response = want(one.get("response"), dict, f"{field}.response", "a mapping")
        status = want(response.get("status"), dict, f"{field}.response.status", "a mapping")
        code = f"{field}.response.status.code"
        yield Entry(
            method=want(request.get("method"), str, f"{field}.request.method", "a text"),
            url=want(request.get("uri"), str, f"{field}.request.uri", "a text"),
            status=want(status.get("code"), int, code, "a number"),
            reason=str(status.get("message") or ""),
            headers=pairs_of(response.get("headers"), f"{field}.response.headers"),
            body=_body(response.get("body"), f"{field}.response.body"),
            on=str(one.get("recorded_at") or "")[:10],
        )


def _body(body: Any, field: str) -> bytes:
    value = body
    if isinstance(body, dict):
        if isinstance(encoded := body.get("base64_string"), str):
            try:
                return base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError) as error:
                raise Doubt(f"{field}.base64_string: expected base64: {error}") from error
        value = body.get("string")
    if value is None:
        return b""
    want(value, (str, bytes), f"{field}.string", "a text, or bytes")
    return value.encode() if isinstance(value, str) else bytes(value)


def _yaml(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = text_of(path)
    try:
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not plain YAML: {error.problem or error.context}"
        line = mark.line + 1 if mark else 0
        raise InvalidError([Problem(file=str(path), line=line, message=message)]) from error
    except (YAMLError, RecursionError, ValueError) as error:
        message = f"not plain YAML: {str(error).splitlines()[0] if str(error) else 'no reason'}"
        raise InvalidError([Problem(file=str(path), message=message)]) from error
