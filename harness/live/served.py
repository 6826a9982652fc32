"""Which model answers: not what was asked for, which many servers only repeat, but what they list."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.gateway.forward import Forward
from harness.gateway.responder import Chunk, Head
from harness.gateway.upstream import Patience
from harness.live.scrubbed import Scrubbed
from harness.model import jsonvalue
from harness.model.observation import SeenRequest

if TYPE_CHECKING:
    from harness.live.target import Target

PATH = "/models"
UNKNOWN = "unknown"
"""What stands for a model that nobody knows."""

LIMIT_S = 10.0
OK = 200


async def served_model(target: Target, asked: str) -> str:
    """The model that an endpoint says it has, for the one that it was asked for.

    Args:
        target: The endpoint.
        asked: The model's name there.

    Returns:
        That name if the endpoint lists it, the only one that it lists, or else `unknown`.
    """
    listed = await _listed(target)
    if asked in listed:
        return asked
    return listed[0] if len(listed) == 1 else UNKNOWN


async def _listed(target: Target) -> list[str]:
    """The ids of the models that an endpoint lists; none if it lists none that can be read."""
    endpoint = target.endpoint
    key = endpoint.key
    headers = [(key.header, key.form.replace("{token}", target.key))] if target.key else []
    request = SeenRequest(
        scheme=endpoint.scheme,
        host=endpoint.host,
        port=endpoint.port,
        method="GET",
        target=endpoint.base_path + PATH,
        headers=(*headers, ("accept-encoding", "identity")),
        body=b"",
    )
    patience = Patience(until=asyncio.get_running_loop().time() + LIMIT_S)
    forward = Scrubbed(Forward(patience=patience), target.key)
    parts = [part async for part in forward.respond(request)]
    head = parts[0]
    if not isinstance(head, Head) or head.status != OK:
        return []
    body = b"".join(part.data for part in parts if isinstance(part, Chunk))
    value = jsonvalue.parsed(body)
    models = value.get("data") if isinstance(value, dict) else value
    if not isinstance(models, list):
        return []
    ids = [one.get("id") for one in models if isinstance(one, dict)]
    return [_public(one) for one in ids if isinstance(one, str) and one.isprintable()]


def _public(name: str) -> str:
    """A model's name; of a file on the server's disk only what it is called."""
    return name.rpartition("/")[2] if name.startswith(("/", ".")) else name
