"""Many streams of one recording at once, each at its recorded pace: are they exact, and in time?

`sampleproof serve` sends them. Every stream is compared to the byte and to the chunk border. A chunk's timing error is how much
later than recorded it arrives, beside the promptest of its stream: none is sent too early. What asks
is one process that shares the machine with the gateway, so its own lateness is in the numbers too.
Of the memory, 256 KiB a stream are what `asyncio` itself takes to read TLS.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from itertools import accumulate
from statistics import median, quantiles
from typing import TYPE_CHECKING

import msgspec
from cost import peak_mib
from measure import Group, Measure, in_turn
from serving import HERE, Served, serve

from harness.model.project import open_project
from harness.model.root import find

if TYPE_CHECKING:
    from pathlib import Path

    from measure import Told

    from harness.model.cell import Cell
    from harness.model.recording import Response

CELL = "curl/streaming"
STREAMS = (1, 500)
HANDSHAKE_S = 120
CHUNK = re.compile(rb"([1-9a-f][0-9a-f]*)\r\n")
LAST = b"0\r\n\r\n"


class Arrived:
    """One stream: what came, and when."""

    def __init__(self) -> None:
        self.pieces: list[tuple[float, bytes]] = []

    async def receive(self, task: Task) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", task.port)
        writer.write(f"CONNECT {task.host}:443 HTTP/1.1\r\nHost: {task.host}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await writer.start_tls(
            task.trust, server_hostname=task.host, ssl_handshake_timeout=HANDSHAKE_S
        )
        # Nobody asks before all are connected, so that they do stream at once.
        await task.connected.wait()
        writer.write(task.request)
        while piece := await reader.read(65536):
            self.pieces.append((time.perf_counter(), piece))
        writer.close()

    def late_ms(self, response: Response) -> list[float]:
        """Each chunk's timing error.

        Raises:
            SystemExit: The stream is not exactly as recorded.
        """
        data = b"".join(piece for _, piece in self.pieces)
        head = data.find(b"\r\n\r\n") + 4
        ends, chunks = cut(data, head)
        if chunks != list(response.parts):
            raise SystemExit(f"a stream is not as recorded: {data!r}")
        due = accumulate((mark.after_ms for mark in response.chunks), initial=0.0)
        late = [
            1000 * self.when(end) - after_ms
            for end, after_ms in zip([head, *ends], due, strict=True)
        ]
        return [error - min(late) for error in late]

    def when(self, offset: int) -> float:
        """When so many bytes had come."""
        size = 0
        for moment, piece in self.pieces:
            size += len(piece)
            if size >= offset:
                return moment
        raise SystemExit("a stream ended early")


class Task:
    """What all streams share."""

    def __init__(self, served: Served, cell: Cell, streams: int) -> None:
        body = msgspec.json.encode(cell.scenario.body(cell.model))
        self.host = cell.endpoint.host
        self.port = served.port
        self.trust = ssl.create_default_context(cafile=served.bundle)
        self.connected = asyncio.Barrier(streams)
        lines = [
            f"POST {cell.endpoint.base_path}{cell.operation.path} HTTP/1.1",
            f"Host: {self.host}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        self.request = "\r\n".join([*lines, "", ""]).encode() + body


def cut(data: bytes, start: int) -> tuple[list[int], list[bytes]]:
    """Where each chunk of a chunked body ends, and the chunks themselves."""
    ends, chunks = [], []
    while match := CHUNK.match(data, start):
        end = match.end() + int(match[1], 16)
        chunks.append(data[match.end() : end])
        ends.append(end)
        start = end + 2
    if data[start:] != LAST:
        raise SystemExit(f"a stream does not end as it should: {data[start:]!r}")
    return ends, chunks


async def receive(served: Served, cell: Cell, streams: int) -> list[Arrived]:
    task = Task(served, cell, streams)
    arrived = [Arrived() for _ in range(streams)]
    async with asyncio.TaskGroup() as group:
        for one in arrived:
            group.create_task(one.receive(task))
    return arrived


def measure(rounds: int, told: Told) -> Group:
    """One stream, then many at once."""
    root = find(HERE)
    cell = next(cell for cell in open_project(root).cells() if cell.id == CELL)
    measures: list[Measure] = []
    for streams in STREAMS:
        found = in_turn(
            rounds,
            told,
            f"{streams} streams",
            lambda streams=streams: _at_once(root, cell, streams),
        )
        for number, which in enumerate(("half", "99 of 100", "all")):
            late = [late[number] for [(late, _)] in found]
            measures.append(_number(f"{streams} at once: {which} within", "ms late", late))
        memory = [memory for [(_, memory)] in found]
        measures.append(_number(f"{streams} at once: memory each", "MiB", memory))
    return Group(
        name="streams",
        title="Streams at their recorded pace, all exact to the byte and to the chunk border",
        measures=tuple(measures),
    )


def _at_once(root: Path, cell: Cell, streams: int) -> tuple[tuple[float, float, float], float]:
    """By how many milliseconds half, 99 of 100 and all chunks are late at most; MiB a stream."""
    assert cell.recording is not None
    [exchange] = cell.recording.exchanges
    with serve(root) as served:
        before = peak_mib(served.pid)
        arrived = asyncio.run(receive(served, cell, streams))
        held = peak_mib(served.pid) - before
    late = [error for one in arrived for error in one.late_ms(exchange.response)]
    cuts = quantiles(late, n=100, method="inclusive")
    return (cuts[49], cuts[98], max(late)), held / streams


def _number(what: str, unit: str, found: list[float]) -> Measure:
    return Measure(what=what, unit=unit, value=median(found), lowest=min(found), highest=max(found))
