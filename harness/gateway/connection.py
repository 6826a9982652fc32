"""One connection of a client: its requests, each answered before the next is read."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.front import LINGER_S
from harness.gateway.outgoing import Outgoing
from harness.gateway.patient import Patient
from harness.gateway.reading import Incoming, RefusedError
from harness.gateway.responder import Chunk, End, Head, Request, error_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.gateway.reading import RequestReader
    from harness.gateway.responder import Part, Responder

WRITE_LIMIT = 64 * 1024
"""Bytes that may wait to be written before the responder is made to wait."""

STALLED = End(ending="timed_out")

NOBODY = Request(scheme="", host="", port=0, method="", target="", headers=(), body=b"")
"""Stands for a request of which nothing was understood."""


class Connection:
    """Reads requests, tells of them, and writes what a responder answers."""

    def __init__(
        self,
        requests: RequestReader,
        writer: asyncio.StreamWriter,
        responder: Responder,
        seen: Callable[[Request], None],
        fault: Callable[[BaseException], None],
    ) -> None:
        """Serve one client.

        Args:
            requests: What the client asks.
            writer: Where to write.
            responder: What answers.
            seen: Told of each request, before the first byte of its answer.
            fault: Told of a failure of the responder, which is ours and not the client's.
        """
        self._requests = requests
        self._writer = writer
        self._transport = self._writer.transport
        self._responder = responder
        self._seen = seen
        self._fault = fault
        self.told = False
        """Whether a request is being answered that has been told of; nothing is read meanwhile."""

    async def run(self) -> None:
        """Answer requests until either side is done.

        Raises:
            OSError: The client went away.
        """
        while True:
            try:
                incoming = await self._requests.next()
            except RefusedError as refusal:
                await self._refuse(refusal)
                return
            if incoming is None or not await self._answer(incoming):
                return

    async def _answer(self, incoming: Incoming) -> bool:
        """Answer one request; whether the connection can carry another."""
        outgoing = Outgoing(self._transport, incoming)
        try:
            return await Patient(self._send(incoming, outgoing), outgoing.flush)
        finally:
            if not self.told:  # the client has gone before there was an answer
                self._tell(incoming.request, None)
            self.told = False

    async def _send(self, incoming: Incoming, outgoing: Outgoing) -> bool:
        async with aclosing(self._responder.respond(incoming.request)) as answer:
            while not self._transport.is_closing():
                try:
                    part = await anext(answer)
                    keep = self._write(part, incoming.request, outgoing)
                except Exception as error:  # noqa: BLE001
                    # Whatever a responder raises, or its end before an `End`, is a fault of ours.
                    self._fail(error, incoming, outgoing)
                    return False
                if self._transport.get_write_buffer_size() > WRITE_LIMIT:
                    await self._writer.drain()
                if keep is not None:
                    if part == STALLED:
                        # Say nothing more, as the endpoint did, until the client has had enough.
                        await self._requests.rest(of_request=False)
                    return keep
        return False

    def _write(self, part: Part, request: Request, outgoing: Outgoing) -> bool | None:
        """Write one part; after the last, whether the connection can carry another request."""
        if isinstance(part, Chunk):
            outgoing.chunk(part)
        elif isinstance(part, Head):
            self._tell(request, part.miss)
            outgoing.head(part)
        else:
            return outgoing.end(part)
        return None

    def _tell(self, request: Request, miss: str | None) -> None:
        self.told = True
        self._seen(request if miss is None else msgspec.structs.replace(request, miss=miss))

    def _fail(self, error: Exception, incoming: Incoming, outgoing: Outgoing) -> None:
        self._fault(error)
        if outgoing.started:
            outgoing.flush()
            self._transport.abort()
            return
        with suppress(Exception):  # The first fault is the one to tell of.
            self._tell(incoming.request, "the gateway itself failed")
        message = "The gateway itself failed; see the report."
        self._write_whole(
            error_parts(500, "Internal Server Error", "gateway_fault", message), incoming
        )

    async def _refuse(self, refusal: RefusedError) -> None:
        if refusal.request is not None:
            try:
                self._tell(refusal.request, f"refused: {refusal.message}")
            except Exception as error:  # noqa: BLE001
                self._fault(error)
        incoming = Incoming(request=refusal.request or NOBODY, chunks=False, keep_alive=False)
        self._write_whole(
            error_parts(refusal.status, refusal.reason, "bad_request", refusal.message), incoming
        )
        # Closing on unread bytes would reset the connection, and the refusal might be lost with it.
        if self._writer.can_write_eof():
            self._writer.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                await self._requests.rest(of_request=refusal.request is not None)

    def _write_whole(self, parts: tuple[Head, Chunk, End], incoming: Incoming) -> None:
        head, chunk, end = parts
        outgoing = Outgoing(self._transport, msgspec.structs.replace(incoming, keep_alive=False))
        outgoing.head(head)
        outgoing.chunk(chunk)
        outgoing.end(end)
