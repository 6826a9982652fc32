"""Lets through what a sample is to ask for, and nothing else: the reader's key goes out with it."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from harness.gateway.record import response_of
from harness.gateway.responder import End, Head, error_parts
from harness.model.reply import ERROR
from harness.model.retry import times_again

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from harness.gateway.responder import Part, Request, Responder
    from harness.model.cell import Cell
    from harness.model.recording import Response


class Permitted:
    """Passes on a cell's own requests, as many as its scenario has; a library may ask again."""

    def __init__(self, inner: Responder, cell: Cell) -> None:
        """Guard what asks an endpoint.

        Args:
            inner: What asks it.
            cell: Says what is to be asked: where, with which method and query, how often.
        """
        self._inner = inner
        self._cell = cell
        self._passed = 0
        self._answers: list[Response] = []

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer, or of an error that tells the sample nothing."""
        why = self._foreign(request) or self._too_many()
        if why:
            for part in not_sent(why):
                yield part
            return
        self._passed += 1
        head: Head | None = None
        async with aclosing(self._inner.respond(request)) as answer:
            async for part in answer:
                if isinstance(part, Head):
                    head = part
                elif isinstance(part, End) and head is not None:
                    self._answers.append(response_of(head, (), part))
                yield part

    def _foreign(self, request: Request) -> str:
        """Why a request is none of the cell's; empty if it is."""
        endpoint, operation = self._cell.endpoint, self._cell.operation
        wanted = (endpoint.scheme, endpoint.host, endpoint.port)
        if (request.scheme, request.host.lower(), request.port) != wanted:
            place = f"{request.scheme}://{request.host}:{request.port}"
            return f"expected {endpoint.scheme}://{endpoint.host}:{endpoint.port}, received {place}"
        path = endpoint.base_path + operation.path
        if (request.method, request.path) != (operation.method, path):
            return f"expected {operation.method} {path}, received {request.method} {request.path}"
        if faults := list(operation.query_faults(request.query)):
            return faults[0].message
        return ""

    def _too_many(self) -> str:
        most = requests_due(self._cell) + times_again(self._answers, self._cell.client.retry)
        if self._passed < most:
            return ""
        return f"expected {most} {'request' if most == 1 else 'requests'}; this is one more"


def requests_due(cell: Cell) -> int:
    """How many requests of a cell's sample are answered well, as its recording has them."""
    exchanges = cell.recording.exchanges if cell.recording else ()
    return max(1, sum(one.response.status < ERROR for one in exchanges))


def not_sent(why: str) -> tuple[Part, ...]:
    """What a request gets that is not sent on. 400 is the status no library retries."""
    message = "This request was not sent on; see the report."
    return error_parts(400, "Bad Request", "not_sent", message, miss=f"not sent on: {why}")
