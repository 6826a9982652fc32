"""Many streams of one recording at once, each at its recorded pace: are they exact, and in time?

    make bench
    .venv/bin/python benchmarks/streams.py --streams 500

Every stream is compared to the byte and to the chunk border. A chunk's timing error is how much
later than recorded it arrives, beside the promptest of its stream: none is sent too early. What asks
is one process that shares the machine with the gateway, so its own lateness is in the numbers too.
Of the memory, 256 KiB a stream are what `asyncio` itself takes to read TLS.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import ssl
import time
from itertools import accumulate
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

import msgspec
from serving import HERE, Served, script
from suite import elsewhere

from harness.model.project import find, open_project
from harness.toolchain.state import state_folder

if TYPE_CHECKING:
    from harness.model.cell import Cell
    from harness.model.recording import Response

CELL = "curl/streaming"
HANDSHAKE_S = 120
CHUNK = re.compile(rb"([1-9a-f][0-9a-f]*)\r\n")
LAST = b"0\r\n\r\n"


class Streams(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a number of streams at once."""

    streams: int
    late_ms: tuple[float, float, float]
    """The timing error of half, of 99 in 100, and of all chunks is at most so much."""
    mib_each: float
    """Memory that the gateway held for each stream, at most."""


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


def measure(root: Path, cell: Cell, streams: int) -> Streams:
    assert cell.recording is not None
    [exchange] = cell.recording.exchanges
    with script("gateway.py", str(root), "--paced") as (pid, ports):
        port = json.loads(ports)[CELL]
        served = Served(pid=pid, port=port, bundle=state_folder(root) / "tls/ca.pem")
        before = served.peak_mib()
        arrived = asyncio.run(receive(served, cell, streams))
        held = served.peak_mib() - before
    late = [error for one in arrived for error in one.late_ms(exchange.response)]
    cuts = quantiles(late, n=100, method="inclusive")
    return Streams(
        streams=streams, late_ms=(cuts[49], cuts[98], max(late)), mib_each=held / streams
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure many streams at once.")
    parser.add_argument("--streams", type=int, default=500, help="how many (default: 500)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    options = parser.parse_args()
    root = find(HERE)
    cell = next(cell for cell in open_project(root).cells() if cell.id == CELL)
    with elsewhere() as others:
        found = [measure(root, cell, streams) for streams in (1, options.streams)]
    print(
        f"{'streams at once':16}{'exact':>6}{'late p50':>11}{'p99':>11}{'most':>11}{'memory':>16}"
    )
    for one in found:
        half, most, all_of = (f"{late:.1f} ms" for late in one.late_ms)
        memory = f"{one.mib_each:.2f} MiB each"
        print(f"{one.streams:<16}{'all':>6}{half:>11}{most:>11}{all_of:>11}{memory:>16}")
    for part in others:
        print(f"\nOther programs kept {part:.0%} of this machine busy meanwhile.")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


if __name__ == "__main__":
    main()
