"""The one redactor of everything that leaves this process: terminal, reports, logs, issues, pages.

It masks secrets that are known, as the key of a live endpoint, and what looks like one. What checks
compare, and checksums, are worked out before.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import TYPE_CHECKING, Any, AnyStr

from harness.model.secret import SHORTEST, Secret
from harness.model.secret_forms import found_in

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"

REMEMBERED = 512
"""Texts of which it is remembered what they are when masked; the same ones come again and again."""

LONGEST_REMEMBERED = 65536

_known: dict[str, Secret] = {}


def keep(secret: str) -> None:
    """Mask a secret from here on, wherever it stands and in whatever form; a short one is none."""
    if len(secret) >= SHORTEST and secret not in _known:
        _known[secret] = Secret(secret.encode())
        _remembered.cache_clear()


def redacted(text: str) -> str:
    """A text with its secrets masked; the same text if it has none."""
    if len(text) < SHORTEST:
        return text
    clean = _remembered(text) if len(text) <= LONGEST_REMEMBERED else _redacted(text)
    return text if clean == text else clean


@lru_cache(maxsize=REMEMBERED)
def _remembered(text: str) -> str:
    return _redacted(text)


def _redacted(text: str) -> str:
    for secret in _known.values():
        data = text.encode("utf-8", "surrogatepass")
        if places := secret.spans(data):
            text = _masked(data, places, MASK.encode()).decode("utf-8", "surrogatepass")
    places = [(one.start, one.end) for one in found_in(text)]
    return _masked(text, places, MASK) if places else text


def _masked(text: AnyStr, places: Iterable[tuple[int, int]], mask: AnyStr) -> AnyStr:
    """A text with the mask in some places, which are in order and do not overlap."""
    clean = text[:0]
    done = 0
    for start, end in places:
        clean += text[done:start] + mask
        done = end
    return clean + text[done:]


def redacted_bytes(data: bytes) -> bytes:
    """Bytes of whatever kind with the secrets in them masked."""
    text = data.decode("latin-1")
    clean = redacted(text)
    return data if clean is text else clean.encode("latin-1")


def redacted_value(value: Any) -> Any:
    """A JSON value with the secrets in its texts and names masked; the same value if it has none.

    What reports write as `{"base64": …}` is masked as the bytes that it stands for.
    """
    found = value
    if isinstance(value, str):
        found = redacted(value)
    elif isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("base64"), str):
            found = _redacted_base64(value)
        else:
            pairs = [(redacted(name), redacted_value(item)) for name, item in value.items()]
            if any(
                now is not was
                for pair, before in zip(pairs, value.items(), strict=True)
                for now, was in zip(pair, before, strict=True)
            ):
                found = _distinct(pairs)
    elif isinstance(value, list):
        items = [redacted_value(item) for item in value]
        if any(now is not was for now, was in zip(items, value, strict=True)):
            found = items
    return found


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of pairs; no two names become one."""
    found: dict[str, Any] = {}
    for name, item in pairs:
        while name in found:
            name += "*"  # noqa: PLW2901
        found[name] = item
    return found


def _redacted_base64(value: dict[str, Any]) -> dict[str, Any]:
    try:
        data = base64.b64decode(value["base64"], validate=True)
    except (binascii.Error, ValueError):
        clean = redacted(value["base64"])
        return value if clean is value["base64"] else {"base64": clean}
    masked = redacted_bytes(data)
    return value if masked is data else {"base64": base64.b64encode(masked).decode("ascii")}
