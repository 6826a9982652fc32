"""Tells which models there are, and leaves every other request to another responder."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from harness.gateway.responder import Chunk, End, Head

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from harness.gateway.responder import Part, Request, Responder
    from harness.model.catalog import Catalog

CREATED = 1768478400
"""Seconds since the epoch; always the same moment."""


class Listing:
    """Answers `GET …/models` as OpenAI does, and `GET …/catalog/models` as the service did."""

    def __init__(self, inner: Responder, catalog: Catalog) -> None:
        """List the models of a catalogue; all else is answered by another responder."""
        self._inner = inner
        self._catalog = catalog

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of a list, or of the other responder's answer."""
        if request.method == "GET" and request.path.endswith("/models"):
            whole = request.path.endswith("/catalog/models")
            for part in json_parts(catalogue(self._catalog) if whole else models(self._catalog)):
                yield part
            return
        async with aclosing(self._inner.respond(request)) as answer:
            async for part in answer:
                yield part


def models(catalog: Catalog) -> dict[str, Any]:
    """The models as OpenAI's API lists them."""
    about = {"object": "model", "created": CREATED, "owned_by": "microsoft"}
    return {"object": "list", "data": [{"id": name, **about} for name in catalog.models]}


def catalogue(catalog: Catalog) -> list[dict[str, Any]]:
    """The models as the service's own catalogue listed them."""
    return [
        {
            "id": f"microsoft/{name.lower()}",
            "name": name,
            "publisher": "Microsoft",
            "registry": "azureml",
            "summary": "",
            "html_url": model.page,
            "version": "1",
            "capabilities": ["streaming"],
            "limits": {"max_input_tokens": 8000, "max_output_tokens": 4000},
            "rate_limit_tier": "low",
            "supported_input_modalities": ["text"],
            "supported_output_modalities": ["text"],
            "tags": [],
        }
        for name, model in catalog.models.items()
    ]


def json_parts(body: Any, status: int = 200, reason: str = "OK") -> tuple[Part, ...]:
    """An answer of JSON, in one piece."""
    return whole(compact(body), "application/json", status, reason)


def compact(value: Any) -> bytes:
    """A value as the service writes it. Half a surrogate pair, which no UTF-8 can carry, is lost."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def whole(data: bytes, media_type: str, status: int, reason: str) -> tuple[Part, ...]:
    """An answer in one piece."""
    head = Head(
        status=status,
        reason=reason,
        headers=(("Content-Type", media_type),),
        framing="length",
        length=len(data),
    )
    return head, Chunk(data=data), End()
