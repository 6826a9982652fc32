"""What the gateway does for each request, timed part by part, without sockets and TLS.

Processor time of the quietest of many turns: other programs can only add to it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

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


class Nowhere(asyncio.WriteTransport):
    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return False


def costs(cell: Cell, request: str) -> dict[str, float]:
    """Microseconds of processor time by what they are spent on."""
    return asyncio.run(_costs(cell, request.encode()))


async def _costs(cell: Cell, request: bytes) -> dict[str, float]:
    reader = asyncio.StreamReader()
    writer = asyncio.StreamWriter(
        Nowhere(), asyncio.StreamReaderProtocol(reader), reader, asyncio.get_running_loop()
    )
    tunnel = Tunnel(host=cell.endpoint.host, port=443)
    requests = RequestReader(reader, writer, scheme="https", tunnel=tunnel)
    responder = Repeating(Replay.of(cell))
    journal: deque[Request] = deque(maxlen=TIMES)

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

    async def frame() -> None:
        outgoing = Outgoing(writer.transport, incoming)
        outgoing.head(head)
        outgoing.chunk(chunk)
        outgoing.end(end)

    return {
        "reading the request": await _quietest(read),
        "matching it, and the journal": await _quietest(match),
        "framing the answer": await _quietest(frame),
    }


async def _quietest(thing: Callable[[], Awaitable[None]]) -> float:
    found = []
    for _ in range(TURNS):
        started = time.process_time()
        for _ in range(TIMES):
            await thing()
        found.append((time.process_time() - started) / TIMES)
        await asyncio.sleep(0)
    return 1e6 * min(found)
