"""Undoes a recorded content coding that a client did not ask for (RFC 9110, section 12.5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.gateway.responder import header, tokens
from harness.model.coding import KNOWN, Decoder

if TYPE_CHECKING:
    from harness.gateway.responder import Head, Request


def decoder_for(head: Head, request: Request) -> Decoder | None:
    """What undoes an answer's coding, if it has one that the client cannot read."""
    if head.coding not in KNOWN or accepts(request, head.coding):
        return None
    return Decoder()


def uncoded(head: Head) -> Head:
    """A head for the body once its coding is undone."""
    headers = tuple(pair for pair in head.headers if pair[0].lower() != "content-encoding")
    return msgspec.structs.replace(head, headers=headers)


def accepts(request: Request, coding: str) -> bool:
    """Whether a client asked for a coding. One that says nothing is taken to want none."""
    weights = {}
    for token in tokens(header(request.headers, "accept-encoding")):
        name, _, parameter = token.partition(";")
        weights[name.strip()] = _weight(parameter)
    names = {"gzip", "x-gzip"} if "gzip" in coding else {coding}
    asked = [weights[name] for name in names if name in weights]
    return max(asked, default=weights.get("*", 0.0)) > 0


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 1.0
