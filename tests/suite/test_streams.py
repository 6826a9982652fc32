"""However a stream is cut, framed or delayed, a sample that shows what has come passes."""

import asyncio
import contextlib
import copy
import os
import signal
import subprocess
import sys

import msgspec
import pytest
from fault import cut
from processes import started_for
from workshop import answered

from harness.model.recording import ChunkMark
from harness.runner.activity import processes
from harness.runner.run import GATE_GRACE_S
from harness.suite import run_cell

CELLS = {
    "miniatures": [("plain", "pieces"), ("keeping", "pieces")],
    "real": [("curl", "streaming"), ("javascript", "streaming"), ("python", "streaming")],
}


def in_characters(body):
    """Sizes that end within every character that has more than one byte."""
    ends = [at + 1 for at, byte in enumerate(body) if byte >= 0xC0]
    return tuple(end - start for start, end in zip([0, *ends], ends, strict=False))


def by_byte(body):
    """Cut after every byte, until enough has come for both waits; the rest by event."""
    enough = len(body) * 2 // 3
    return cut(body[:enough], "byte") + cut(body[enough:], "event")


WAYS = {
    "as recorded": {},
    "whole": {"cut": lambda body: cut(body, "whole")},
    "by event": {"cut": lambda body: cut(body, "event")},
    "by byte": {"cut": by_byte},
    "in mid-character": {"cut": lambda body: cut(body, in_characters(body))},
    "framed by its length": {"framing": "length"},
    "framed by its end": {"framing": "close"},
    "closing": {"headers": (("connection", "close"),)},
    "keeping alive": {"headers": (("connection", "keep-alive"), ("keep-alive", "timeout=5"))},
}
HELD_BACK = {("python", "framed by its length"), ("python", "framed by its end")}
"""Unless a body is chunked, this client's library waits until 4096 bytes have come."""


def told(cell, way):
    """A cell whose last answer comes in another way."""
    *before, response = [one.response for one in cell.recording.exchanges]
    chunks = response.chunks
    if "cut" in way:
        pieces = way["cut"](response.body)
        assert b"".join(pieces) == response.body
        chunks = tuple(ChunkMark(size=len(piece), after_ms=0) for piece in pieces)
    response = msgspec.structs.replace(
        response,
        chunks=chunks,
        framing=way.get("framing", response.framing),
        headers=(*response.headers, *way.get("headers", ())),
    )
    return answered(cell, *before, response)


@pytest.fixture(scope="module", params=CELLS)
def outcomes(request):
    shop = request.getfixturevalue(request.param)
    found = {}
    for client, scenario in CELLS[request.param]:
        cell = shop.make(shop.cell(client, scenario), "told")
        found |= {(client, name): told(cell, way) for name, way in WAYS.items()}
    return dict(zip(found, shop.run(found.values()), strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_may_come_in_any_pieces(outcomes, way):
    found = {
        client: one
        for (client, name), one in outcomes.items()
        if name == way and (client, name) not in HELD_BACK
    }
    # What comes at once does not tell whether a sample shows what has come: that is no pass.
    verdict, gates = ("error", 0) if way == "whole" else ("pass", 2)
    assert {one.verdict for one in found.values()} == {verdict}, found
    assert {len(one.observation.gates) for one in found.values()} == {gates}


class Stopping:
    """A gateway that stops its client for a while with each request, before it answers."""

    def __init__(self, gateway, sample):
        self.gateway = gateway
        self.sample = sample
        self.stopped = []

    async def serve(self, listener, responder, seen, **others):
        def told(request):
            seen(request)
            first = started_for(self.sample)
            self.stopped = {pid for one in first for pid in processes(one)}
            _signal(self.stopped, signal.SIGSTOP)
            asyncio.get_running_loop().call_later(
                GATE_GRACE_S + 1, _signal, self.stopped, signal.SIGCONT
            )

        return await self.gateway.serve(listener, responder, told, **others)


def _signal(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@pytest.mark.parametrize("name", CELLS)
def test_a_sample_that_stands_still_for_a_while_passes(request, name):
    """As on a machine with other things to do: for longer than a stream waits for its reader."""
    shop = request.getfixturevalue(name)
    cells = [shop.make(shop.cell(*which), "stopped") for which in CELLS[name]]

    async def run(cell):
        stage = copy.copy(shop.stage)
        stage.gateway = Stopping(stage.gateway, shop.root / cell.path)
        outcome = await run_cell(cell, stage)
        assert stage.gateway.stopped
        return outcome

    async def run_all():
        return await asyncio.gather(*map(run, cells))

    outcomes = asyncio.run(run_all())
    assert [one.verdict for one in outcomes] == ["pass"] * len(cells), outcomes
    assert all(one.observation.duration_ms > 1000 * GATE_GRACE_S for one in outcomes)


@pytest.fixture
def busy_machine():
    """Twice as many endless loops as there are cores."""
    loops = [
        subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
        for _ in range(2 * (os.cpu_count() or 1))
    ]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


@pytest.mark.usefixtures("busy_machine")
@pytest.mark.parametrize("name", CELLS)
def test_a_busy_machine_fails_no_sample(request, name):
    shop = request.getfixturevalue(name)
    cells = [shop.make(shop.cell(*which), "busy") for which in CELLS[name]]
    assert [one.verdict for one in shop.run(cells)] == ["pass"] * len(cells)
