"""What `serve` forwards to an endpoint with the reader's key: only what carries the token it has printed.

Who else is on this machine, and every page in a browser, can reach the gateway too. None of them has
the token.
"""

from __future__ import annotations

import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING

from harness.gateway.forward import Forward
from harness.gateway.responder import error_parts
from harness.live.scrubbed import Scrubbed
from harness.live.target import carries

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from harness.gateway.responder import Part, Request
    from harness.live.target import Target
    from harness.model.operation import Operation
    from harness.model.project import Project

LISTING = "/models"


def new_token() -> str:
    """A token for one call of `serve`: it stands in for the reader's key, and is worth nothing after."""
    return f"sampleproof-{secrets.token_hex(16)}"


class Forwarded:
    """Sends a project's operations, and the question which models there are, to an endpoint."""

    def __init__(self, project: Project, target: Target, token: str, own_host: str) -> None:
        """Forward to an endpoint.

        Args:
            project: Its operations are forwarded.
            target: The endpoint.
            token: What a request must carry in the key's place.
            own_host: The gateway's own, for tools that take a base URL.
        """
        self._operations = list(project.operations.values())
        self._bases = {one.host: one.base_path for one in project.catalog.endpoints.values()}
        self._target = target
        self._token = token
        self._own_host = own_host

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the endpoint's answer, or of an error in plain words; no library asks again."""
        operation = self._operation(request)
        if operation is None:
            known = [f"{one.method} …{one.path}" for one in self._operations]
            message = f"Only these are forwarded: {', '.join([*known, f'GET …{LISTING}'])}."
            for part in _refused(404, "Not Found", "not_forwarded", message):
                yield part
            return
        if not carries(request, operation, self._token):
            message = "This needs the token that serve has printed: run its lines in this shell."
            for part in _refused(403, "Forbidden", "no_token", message):
                yield part
            return
        base_path = self._base_path(request)

        def sent(one: Request) -> Request:
            return self._target.sent(one, operation, base_path=base_path, canary=self._token)

        async with aclosing(Scrubbed(Forward(sent), self._target.key).respond(request)) as answer:
            async for part in answer:
                yield part

    def _operation(self, request: Request) -> Operation | None:
        """The operation that a request is for; for a list of models, the first, whose headers it has."""
        path = request.path.removeprefix(self._base_path(request))
        if (request.method, path) == ("GET", LISTING):
            return self._operations[0]
        asked = (
            one for one in self._operations if (one.method, one.path) == (request.method, path)
        )
        return next(asked, None)

    def _base_path(self, request: Request) -> str:
        plain = "/v1" if request.path.startswith("/v1/") else ""
        return plain if request.host == self._own_host else self._bases.get(request.host, plain)


def _refused(status: int, reason: str, code: str, message: str) -> tuple[Part, ...]:
    return error_parts(status, reason, code, message, miss=message)
