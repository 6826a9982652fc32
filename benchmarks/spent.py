"""What the gateway does for each request, timed part by part, without sockets and TLS.

Processor time of the quietest of many turns, since other programs can only add to it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from harness.gateway.connection import Connection
from harness.gateway.front import Tunnel
from harness.gateway.outgoing import Outgoing
from harness.gateway.reading import RequestReader
from harness.gateway.repeating import Repeating
from harness.gateway.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from harness.gateway.responder import Request
    from harness.model.cell import Cell

TURNS, TIMES = 40, 500
NEW = "matching a body that did not come before"


class Nowhere(asyncio.WriteTransport):
    def write(self, _: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        pass


def shares(cell: Cell, request: str) -> dict[str, float]:
    """Parts of the processor time of all, by what they are spent on; and of `NEW`, which is not."""
    return asyncio.run(_shares(cell, request.encode()))


async def _shares(cell: Cell, request: bytes) -> dict[str, float]:
    reader = asyncio.StreamReader()
    streams = asyncio.StreamReaderProtocol(reader)
    writer = asyncio.StreamWriter(Nowhere(), streams, reader, asyncio.get_running_loop())
    tunnel = Tunnel(host=cell.endpoint.host, port=443)
    requests = RequestReader(reader, writer, scheme="https", tunnel=tunnel)
    replay = Replay.of(cell)
    responder = Repeating(replay)
    journal: deque[Request] = deque(maxlen=TIMES)
    connection = Connection(requests, (reader, writer), responder, journal.append, _fail)

    async def read() -> None:
        reader.feed_data(request)
        await requests.next()

    reader.feed_data(request)
    incoming = await requests.next()
    assert incoming is not None
    head, chunk, end = [part async for part in responder.respond(incoming.request)]

    async def match() -> None:
        journal.append(incoming.request)
        async for _ in responder.respond(incoming.request):
            pass

    async def match_new() -> None:
        replay.answer(replay.exchanges[0], incoming.request)

    async def frame() -> None:
        outgoing = Outgoing(writer.transport, incoming)
        outgoing.head(head)
        outgoing.chunk(chunk)
        outgoing.end(end)

    async def answer() -> None:
        await connection._answer(incoming)  # noqa: SLF001

    reading, matching, framing, new = [
        await _quietest(thing) for thing in (read, match, frame, match_new)
    ]
    answering = await _quietest(answer)
    return {
        what: cost / (reading + answering)
        for what, cost in {
            "reading the request": reading,
            "matching it, and the journal": matching,
            "framing the answer": framing,
            "passing on the answer's parts": answering - matching - framing,
            NEW: new,
        }.items()
    }


def _fail(error: BaseException) -> None:
    raise error


async def _quietest(thing: Callable[[], Awaitable[None]]) -> float:
    found = []
    for _ in range(TURNS):
        started = time.process_time()
        for _ in range(TIMES):
            await thing()
        found.append(time.process_time() - started)
        await asyncio.sleep(0)
    return min(found)
