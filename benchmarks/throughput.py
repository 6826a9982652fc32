"""How many requests the gateway answers, beside others, in one run.

    make bench
    make bench-peers

Each server is asked in turn, A B C D A B C D, through `CONNECT` and TLS over 16 connections that
stay open, for one recorded exchange. The request is the one of this project's Python sample, with
another identifier each time, as its library sends it. The gateway reads, matches and journals it.

The raw loop is the most that a server on `asyncio` can do: it reads nothing of a request and
answers whatever comes. With streams it does so in a task for each connection, as the gateway has
one, because an answer may wait for something in its midst. Only ratios are shown. They are taken twice: of answers a second, and of
processor time an answer, which other programs disturb less.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import load
import msgspec
import spent
from peers import PEERS, MissingError, Question
from serving import HERE, Served, script
from suite import elsewhere

from harness.gateway.authority import Authority
from harness.model.project import find, open_project
from harness.toolchain.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.cell import Cell

CELL = "python/basic"
CONNECTIONS = 16
OURS, RAW, STREAMS = "gateway", "raw loop", "raw loop, streams"
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


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """How the gateway does beside another server, over rounds measured in turn."""

    against: str
    answers: float
    """Answers a second, by the other's; of the medians."""
    lowest: float
    """Of one round, as the next."""
    highest: float
    cpu: float
    """Processor time an answer, by the other's; of the medians."""
    goal: float | None = None
    """What `answers` should be at least."""


class Throughput(msgspec.Struct, frozen=True, kw_only=True):
    """All that is measured here."""

    ratios: tuple[Ratio, ...]
    noise: float
    """The spread of the middle half of the raw loop's rounds, as a part of their median."""
    asking: float
    """The part of its time in which the process that asks was busy, at most."""
    spent: dict[str, float]
    """What takes the processor time that the gateway needs beyond a raw loop with streams."""
    new_body: float
    """What matching in full a body that did not come before would add to that."""
    peak_mib: float
    """The most memory that the gateway's process held."""
    left_out: dict[str, str]
    """Servers that could not be measured, and why."""


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


def request(asked: Question) -> str:
    headers = HEADERS.format(length=len(asked.body), id=load.ID)
    head = f"{asked.method} {asked.target} HTTP/1.1\nHost: {asked.host}\n{headers}\n"
    return head.replace("\n", "\r\n") + asked.body.decode()


@contextmanager
def ours(root: Path) -> Iterator[Served]:
    """The gateway."""
    with script("gateway.py", str(root)) as (pid, ports):
        port = json.loads(ports)[CELL]
        yield Served(pid=pid, port=port, bundle=state_folder(root) / "tls/ca.pem")


@contextmanager
def raw(root: Path, asked: Question, how: str) -> Iterator[Served]:
    """The raw loop, with the gateway's own certificate."""
    authority = Authority(state_folder(root) / "tls")
    authority.prepare([asked.host])
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in asked.headers)]
    head = "\r\n".join([*lines, f"Content-Length: {len(asked.answer)}", "", ""])
    with tempfile.NamedTemporaryFile() as answer:
        answer.write(head.encode("latin-1") + asked.answer)
        answer.flush()
        leaf = authority.folder / "leaves" / f"{asked.host}.pem"
        with script("rawloop.py", str(leaf), answer.name, how) as (pid, port):
            yield Served(pid=pid, port=int(port), bundle=authority.bundle)


def ask(served: Served, asked: Question, seconds: float) -> Rate:
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
        request=request(asked),
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


def warm(served: Served, asked: Question, seconds: float) -> None:
    """Ask a server before it counts: some compile what they run often."""
    answers = 0.0
    until = time.monotonic() + WARM_S
    while answers < WARM_ANSWERS and time.monotonic() < until:
        answers += ask(served, asked, seconds).per_s * seconds


def measure(root: Path, cell: Cell, options: argparse.Namespace) -> Throughput:
    asked = question(cell)
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        servers = {
            RAW: stack.enter_context(raw(root, asked, "protocol")),
            STREAMS: stack.enter_context(raw(root, asked, "streams")),
            OURS: stack.enter_context(ours(root)),
        }
        for name, peer in PEERS.items():
            try:
                servers[name] = stack.enter_context(peer(state_folder(root) / "peers", asked))
            except MissingError as missing:
                left_out[name] = str(missing)
        for served in servers.values():
            warm(served, asked, options.seconds)
        rates: dict[str, list[Rate]] = {name: [] for name in servers}
        for _ in range(options.rounds):
            for name, served in servers.items():
                rates[name].append(ask(served, asked, options.seconds))
        peak = servers[OURS].peak_mib()
    floor = sorted(rate.per_s for rate in rates[RAW])
    middle = floor[len(floor) // 4 : len(floor) - len(floor) // 4]
    parts = spent.shares(cell, request(asked))
    return Throughput(
        ratios=tuple(ratio(name, rates[OURS], rates[name]) for name in rates if name != OURS),
        noise=(middle[-1] - middle[0]) / median(floor),
        asking=max(rate.asking for each in rates.values() for rate in each),
        spent=parts,
        new_body=parts.pop(spent.NEW),
        peak_mib=peak,
        left_out=left_out,
    )


def middle_of(rates: list[Rate], field: str) -> float:
    return median(getattr(rate, field) for rate in rates)


def ratio(name: str, own: list[Rate], other: list[Rate]) -> Ratio:
    each = [mine.per_s / theirs.per_s for mine, theirs in zip(own, other, strict=True)]
    return Ratio(
        against=name,
        answers=middle_of(own, "per_s") / middle_of(other, "per_s"),
        lowest=min(each),
        highest=max(each),
        cpu=middle_of(own, "cpu_us") / middle_of(other, "cpu_us"),
        goal=GOALS.get(name),
    )


def table(found: Throughput) -> str:
    lines = [f"{'gateway, against':20}{'answers/s':>10}{'rounds':>14}{'CPU each':>10}{'goal':>7}"]
    for one in found.ratios:
        rounds = f"{one.lowest:.2f}–{one.highest:.2f}"
        goal = f"≥ {one.goal:g}" if one.goal else ""
        lines.append(f"{one.against:20}{one.answers:10.2f}{rounds:>14}{one.cpu:10.2f}{goal:>7}")
    lines += [f"{name} is left out: {why}" for name, why in found.left_out.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how many requests the gateway answers.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to measure (default: 5)")
    parser.add_argument("--seconds", type=float, default=1, help="seconds each (default: 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    options = parser.parse_args()
    root = find(HERE)
    cell = next(cell for cell in open_project(root).cells() if cell.id == CELL)
    with elsewhere() as others:
        found = measure(root, cell, options)
    print(table(found))
    print(f"\n{options.rounds} rounds in turn, {CONNECTIONS} connections; ratios of medians.")
    print(f"The raw loop's own spread is {found.noise:.0%}.", end=" ")
    print(f"What asks was busy {found.asking:.0%} of its time at most.")
    print("What the gateway does beyond a raw loop with streams, by processor time:")
    for what, part in found.spent.items():
        print(f"  {part:4.0%}  {what}")
    print(f"Matching in full a body that did not come before would add {found.new_body:.0%}.")
    print(f"Its process held {found.peak_mib:.0f} MiB at most.")
    for part in others:
        print(f"Other programs kept {part:.0%} of this machine busy meanwhile.")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


if __name__ == "__main__":
    main()
