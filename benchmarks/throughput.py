"""How many requests the gateway answers in a second, beside others, all in one run.

    make bench
    make bench-peers

Each server is asked through `CONNECT` and TLS over 16 connections that stay open, for one recorded
exchange, with the request of this project's Python sample; only its request identifier is another
one each time. The gateway reads, matches and journals each request as it does in a run.

The raw loop is the most that a server on `asyncio` can do: it reads nothing of a request and
answers whatever comes. Only ratios are shown, since they alone mean something on a machine that has
other things to do. They are taken twice: from answers a second, and from processor time an answer,
which other programs disturb less.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import load
import msgspec
import peers

from harness.model.project import find, open_project
from harness.toolchain.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peers import Question, Served

HERE = Path(__file__).parent
CELL = "python/basic"
OURS, RAW = "gateway", "raw asyncio loop"
CONNECTIONS = 16
REQUEST = """\
{method} {target} HTTP/1.1\r
Host: {host}\r
Content-Type: application/json\r
Content-Length: {length}\r
api-key: bench\r
Accept: application/json\r
x-ms-client-request-id: {id}\r
User-Agent: azsdk-python-ai-inference/1.0.0b9 Python/3.11\r
Authorization: Bearer bench\r
Accept-Encoding: gzip, deflate\r
Connection: keep-alive\r
\r
"""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    per_second: float
    cpu_us: float
    """Of the server, for each answer."""
    generator_busy: float


def question(root: Path) -> Question:
    cell = next(cell for cell in open_project(root).cells() if cell.id == CELL)
    assert cell.recording is not None
    [exchange] = cell.recording.exchanges
    return peers.Question(
        host=cell.endpoint.host,
        method=exchange.method,
        target=f"{cell.endpoint.base_path}{exchange.path}?api-version=2024-05-01-preview",
        body=json.dumps(cell.scenario.body(cell.model)).encode(),
        headers=exchange.response.headers,
        answer=exchange.response.body,
    )


@contextmanager
def serving(bundle: Path, *command: str) -> Iterator[tuple[Served, str]]:
    """A server of ours, and the line it prints when it is ready."""
    with subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = process.stdout.readline()
        ports = json.loads(said)
        port = ports if isinstance(ports, int) else ports[CELL]
        yield peers.Served(pid=process.pid, port=port, bundle=bundle)
        process.stdin.close()
