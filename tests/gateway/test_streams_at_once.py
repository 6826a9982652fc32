"""Many streams of one recording at once, each exact to the byte and to the chunk border.

`STREAMS=500` asks for more of them than a usual run has time for.
"""

import asyncio
import os
import re
import resource
from pathlib import Path
from time import monotonic

import msgspec
import pytest

from harness.gateway.library import Library
from harness.gateway.paced import Paced
from harness.model.project import open_project

ROOT = Path(__file__).parents[2]
STREAMS = int(os.environ.get("STREAMS", "40"))
FASTER = 20


@pytest.fixture(scope="module")
def project():
    return open_project(ROOT)


@pytest.fixture(scope="module")
def cell(project):
    return next(cell for cell in project.cells() if cell.id == "curl/streaming")


@pytest.fixture
def many_files():
    """Room for both ends of every connection, which are in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(3 * STREAMS + 500, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_streams_at_once_are_all_exact(background, trust, project, cell, many_files):
    host, body = cell.endpoint.host, msgspec.json.encode(cell.scenario.body(cell.model))
    background.authority.prepare([host])
    responder = Paced(
        Library(project), lambda: monotonic() * FASTER, lambda wait: asyncio.sleep(wait / FASTER)
    )
    with background.serve(responder) as served:
        streams = asyncio.run(all_of(served.port, trust, host, body))
    assert len(streams) == STREAMS
    parts = list(cell.recording.exchanges[0].response.parts)
    assert all(pieces(stream) == parts for stream in streams)
    assert [request.miss for request in served.seen] == [None] * STREAMS
    assert {request.body for request in served.seen} == {body}


async def all_of(port, trust, host, body):
    # None asks before all are connected, so that they do stream at once.
    connected = asyncio.Barrier(STREAMS)
    return await asyncio.gather(
        *(stream(port, trust, host, body, connected) for _ in range(STREAMS))
    )


async def stream(port, trust, host, body, connected):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    await writer.start_tls(trust, server_hostname=host, ssl_handshake_timeout=120)
    await connected.wait()
    head = f"POST /chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/json\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
    received = await reader.read(-1)
    writer.close()
    return received


def pieces(stream):
    """The chunks of a chunked answer, as they are framed."""
    head, _, rest = stream.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    found = []
    while match := re.match(rb"([1-9a-f][0-9a-f]*)\r\n", rest):
        end = match.end() + int(match[1], 16)
        assert rest[end : end + 2] == b"\r\n"
        found.append(rest[match.end() : end])
        rest = rest[end + 2 :]
    assert rest == b"0\r\n\r\n"
    return found
