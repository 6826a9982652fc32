"""How many requests the gateway answers, beside others, in one run.

`make bench-peers` installs the others; whatever is not there is left out.

Each server is asked in turn, A B C D A B C D, through `CONNECT` and TLS over 16 connections that
stay open, for one recorded exchange. The request is the one of this project's Python sample, with
another identifier each time, as its library sends it. The gateway is `sampleproof serve`, as a user
starts it: it reads the request, finds the scenario that is asked for, tells of it and answers.

A body that came before, byte for byte, is known; one that did not is parsed, and compared value by
value. So the gateway is asked twice: with the same body again and again, and with one that is
spelled in another way each time.

The raw loop is the most that a server on `asyncio` can do: it reads nothing of a request and
answers whatever comes. With streams it does so in a task for each connection, as the gateway has
one, because an answer may wait for something in its midst. Ratios are taken twice: of answers a
second, and of processor time an answer, which other programs disturb less.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import load
import msgspec
import spent
from cost import peak_mib
from measure import Group, Measure, in_turn, ratio
from peers import PEERS, MissingError, Question
from serving import HERE, Served, script, serve

from harness.gateway.authority import Authority
from harness.model.project import open_project
from harness.model.root import find
from harness.toolchain.cache import made_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from measure import Told

    from harness.model.cell import Cell

CELL = "python/basic"
CONNECTIONS = 16
SECONDS = 1.0
OURS, NEW, RAW, STREAMS = "gateway", "gateway, new bodies", "raw loop", "raw loop, streams"
GOALS = {"WireMock": 2.0, "mitmproxy": 8.0}
WARM_ANSWERS, WARM_S = 20_000, 30
"""A server is warm once it has answered so often, or was asked for so long."""

HEADERS = """\
Content-Type: application/json
Content-Length: {length}
api-key: bench
Accept: application/json
x-ms-client-request-id: {id}
User-Agent: azsdk-python-ai-inference/1.0.0b9 Python/3.11
Authorization: Bearer bench
Accept-Encoding: gzip, deflate
Connection: keep-alive
"""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """How a server did for a while."""

    per_s: float
    cpu_us: float
    """Processor time an answer."""
    asking: float
    """The part of its time in which the process that asks was busy."""


def question(cell: Cell) -> Question:
    assert cell.recording is not None
    [exchange] = cell.recording.exchanges
    return Question(
        host=cell.endpoint.host,
        method=exchange.method,
        target=f"{cell.endpoint.base_path}{exchange.path}?api-version=2024-05-01-preview",
        body=json.dumps(cell.scenario.body(cell.model)).encode(),
        headers=exchange.response.headers,
        answer=exchange.response.body,
    )


def request(asked: Question, *, fresh: bool = False) -> str:
    length = len(asked.body) + (load.SPELLING if fresh else 0)
    headers = HEADERS.format(length=length, id=load.ID)
    head = f"{asked.method} {asked.target} HTTP/1.1\nHost: {asked.host}\n{headers}\n"
    return head.replace("\n", "\r\n") + asked.body.decode()


@contextmanager
def raw(root: Path, asked: Question, how: str) -> Iterator[Served]:
    """The raw loop, with the gateway's own certificate."""
    authority = Authority(made_state(root) / "tls")
    authority.prepare([asked.host])
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in asked.headers)]
    head = "\r\n".join([*lines, f"Content-Length: {len(asked.answer)}", "", ""])
    with tempfile.NamedTemporaryFile() as answer:
        answer.write(head.encode("latin-1") + asked.answer)
        answer.flush()
        leaf = authority.folder / "leaves" / f"{asked.host}.pem"
        with script("rawloop.py", str(leaf), answer.name, how) as (pid, port):
            yield Served(pid=pid, port=int(port), bundle=authority.bundle)


def ask(served: Served, asked: Question, seconds: float, *, fresh: bool = False) -> Rate:
    """Ask a server for a while.

    Raises:
        SystemExit: An answer is wrong.
    """
    task = load.Task(
        port=served.port,
        host=asked.host,
        bundle=str(served.bundle),
        connections=CONNECTIONS,
        seconds=seconds,
        request=request(asked, fresh=fresh),
        fresh=fresh,
        body=asked.answer,
    )
    before = served.cpu_s()
    command = [sys.executable, str(HERE / "load.py")]
    output = subprocess.run(
        command, input=msgspec.json.encode(task), stdout=subprocess.PIPE, check=True
    ).stdout
    result = msgspec.json.decode(output, type=load.Result)
    return Rate(
        per_s=result.answers / result.seconds,
        cpu_us=1e6 * (served.cpu_s() - before) / result.answers,
        asking=result.busy,
    )


def warm(served: Served, asked: Question) -> None:
    """Ask a server before it counts: some compile what they run often."""
    answers = 0.0
    until = time.monotonic() + WARM_S
    while answers < WARM_ANSWERS and time.monotonic() < until:
        answers += ask(served, asked, SECONDS).per_s * SECONDS


def measure(rounds: int, told: Told) -> Group:
    """The gateway against all that can be measured here."""
    root = find(HERE)
    project = open_project(root)
    cell = next(cell for cell in project.cells() if cell.id == CELL)
    asked = question(cell)
    notes: list[str] = []
    with ExitStack() as stack:
        servers = {
            RAW: stack.enter_context(raw(root, asked, "protocol")),
            STREAMS: stack.enter_context(raw(root, asked, "streams")),
            OURS: stack.enter_context(serve(root)),
        }
        for name, peer in PEERS.items():
            try:
                servers[name] = stack.enter_context(peer(root / "build/peers", asked))
            except MissingError as missing:
                notes.append(f"{name} is left out: {missing}.")
        for name, served in servers.items():
            told(f"gateway: {name} warms up")
            warm(served, asked)
        asks = {
            name: lambda served=served: ask(served, asked, SECONDS)
            for name, served in servers.items()
        }
        asks[NEW] = lambda: ask(servers[OURS], asked, SECONDS, fresh=True)
        found = in_turn(rounds, told, "gateway", *asks.values())
        peak = peak_mib(servers[OURS].pid)
    told("gateway: what it is spent on")
    parts = spent.shares(project, cell, request(asked))
    busiest = max(rate.asking for one in found for rate in one)
    notes += [
        "The shares are of what it does beyond a raw loop with streams, by processor time.",
        f"What asks was busy {busiest:.0%} of its time at most. The gateway held {peak:.0f} MiB.",
    ]
    return Group(
        name="gateway",
        title=f"The gateway through CONNECT and TLS, {CONNECTIONS} connections",
        measures=tuple(_measures(list(asks), found)),
        notes=tuple(notes),
        parts=parts,
    )


def _measures(names: list[str], found: list[tuple[Rate, ...]]) -> Iterator[Measure]:
    others = [name for name in names if name not in {OURS, NEW}]
    rounds = [dict(zip(names, one, strict=True)) for one in found]
    for own, goals in ((OURS, {}), (NEW, GOALS)):
        for other in others:
            rates = [(one[own].per_s, one[other].per_s) for one in rounds]
            yield ratio(own, other, "answers/s", rates, goals.get(other), at_least=True)
            costs = [(one[own].cpu_us, one[other].cpu_us) for one in rounds]
            yield ratio(own, other, "processor", costs)
