"""What `sampleproof serve` does for each request, timed part by part, without sockets and TLS.

Processor time of the quietest of many turns, since other programs can only add to it.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.gateway.connection import Connection
from harness.gateway.front import Tunnel
from harness.gateway.library import Library
from harness.gateway.outgoing import Outgoing
from harness.gateway.reading import RequestReader
from harness.live.serve import Logged, responder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TextIO

    from harness.model.cell import Cell
    from harness.model.project import Project

TURNS, TIMES = 40, 500


class Nowhere(asyncio.WriteTransport):
    def write(self, _: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        pass


def shares(project: Project, cell: Cell, request: str) -> dict[str, float]:
    """Parts of the processor time for a body that did not come before, by what they are spent on."""
    with Path(os.devnull).open("w") as nowhere:
        return asyncio.run(_shares(project, cell, request.encode(), nowhere))


async def _shares(
    project: Project, cell: Cell, request: bytes, nowhere: TextIO
) -> dict[str, float]:
    reader = asyncio.StreamReader()
    streams = asyncio.StreamReaderProtocol(reader)
    writer = asyncio.StreamWriter(Nowhere(), streams, reader, asyncio.get_running_loop())
    tunnel = Tunnel(host=cell.endpoint.host, port=443)
    requests = RequestReader(reader, writer, scheme="https", tunnel=tunnel)
    answers = Logged(
        responder(project, "replay", None, None, ""), lambda text: click.echo(text, file=nowhere)
    )
    connection = Connection(requests, writer, answers, lambda _: None, _fail)
    reader.feed_data(request)
    incoming = await requests.next()
    assert incoming is not None
    head, chunk, end = [part async for part in answers.respond(incoming.request)]
    line = f"12:00:00 {cell.operation.method} {cell.endpoint.host}{cell.operation.path} 200"

    async def read() -> None:
        reader.feed_data(request)
        await requests.next()

    async def match() -> None:
        Library(project)._answer(incoming.request)  # noqa: SLF001

    async def tell() -> None:
        click.echo(line, file=nowhere)

    async def frame() -> None:
        outgoing = Outgoing(writer.transport, incoming)
        outgoing.head(head)
        outgoing.chunk(chunk)
        outgoing.end(end)

    async def answer() -> None:
        await connection._answer(incoming)  # noqa: SLF001

    reading, matching, telling, framing, answering = [
        await _quietest(thing) for thing in (read, match, tell, frame, answer)
    ]
    whole = reading + matching + answering
    return {
        "reading the request": reading / whole,
        "matching a body that did not come before": matching / whole,
        "telling of it": telling / whole,
        "framing the answer": framing / whole,
        "passing on the answer's parts": (answering - telling - framing) / whole,
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
