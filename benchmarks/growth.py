"""What a chunk of a stream costs as the stream grows: 2,000 chunks against 500.

A stream is read as it comes, and each of its bytes once. Were all that has come read again with every
chunk, a chunk of the longer stream would cost four times as much. The text comes last, as from a
model that thinks first, so that the place where a reader must see something is looked for all along.
"""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from measure import Group, in_turn, ratio
from serving import HERE

from harness.gateway.held import Held
from harness.gateway.replay import parts
from harness.model.checkpoints import checkpoints
from harness.model.observation import SeenRequest
from harness.model.project import open_project
from harness.model.recording import ChunkMark, Response
from harness.model.root import find
from harness.runner.gates import AsItComes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from measure import Told

    from harness.gateway.responder import Part, Request
    from harness.model.cell import Cell

MANY, FEW = 2000, 500
TIMES = 5
"""How often a stream is read in a round."""
GOAL = 1.5
REQUEST = SeenRequest(
    scheme="https", host="h", port=443, method="POST", target="/", headers=(), body=b""
)
NUMBERS = count()


def stream(chunks: int) -> Response:
    """A stream of so many chunks that was never read before."""
    number = next(NUMBERS)
    texts = [*[""] * (chunks - 3), f"{number} ", "and ", "more"]
    events = []
    for text in texts:
        choice = {"index": 0, "delta": {"reasoning": "so ", "content": text}, "finish_reason": None}
        events.append(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
    events[-1] += b"data: [DONE]\n\n"
    return Response(
        status=200,
        reason="OK",
        headers=(("content-type", "text/event-stream"),),
        framing="chunked",
        body=b"".join(events),
        chunks=tuple(ChunkMark(size=len(event), after_ms=0) for event in events),
    )


class Sent:
    """Answers with a response."""

    def __init__(self, response: Response) -> None:
        self._parts = list(parts(response))

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """Its parts, whatever is asked."""
        del request
        for part in self._parts:
            yield part


async def passed_on(cell: Cell, response: Response) -> int:
    """Pass a live stream on as a run does, and say how often a reader was waited for."""
    seen: list[str] = []

    async def see(text: str) -> None:
        seen.append(text)

    held = Held(Sent(response), AsItComes(cell.operation, cell.client), see)
    async for _ in held.respond(REQUEST):
        pass
    return len(seen)


def live_s(cell: Cell, chunks: int) -> float:
    """Processor time a chunk of a live stream: it is passed on, and judged."""
    streams = [stream(chunks) for _ in range(TIMES)]
    started = time.process_time()
    for response in streams:
        if asyncio.run(passed_on(cell, response)) == 0 or cell.operation.reply(response).trouble:
            raise SystemExit("a live stream is not read as it should be")
    return (time.process_time() - started) / TIMES / chunks


def recorded_s(cell: Cell, chunks: int) -> float:
    """Processor time a chunk of a recorded stream: places are looked for, and it is judged."""
    streams = [stream(chunks) for _ in range(TIMES)]
    reading = cell.client.reading(stream=True)
    started = time.process_time()
    for response in streams:
        places = checkpoints(response, cell.operation, reading)
        if not places or cell.operation.reply(response).trouble:
            raise SystemExit("a recorded stream is not read as it should be")
    return (time.process_time() - started) / TIMES / chunks


def cells() -> Iterator[Cell]:
    """One for each way of reading a stream."""
    project = open_project(find(HERE))
    by_reading = {cell.client.stream: cell for cell in project.cells() if cell.scenario.stream}
    yield from (by_reading[name] for name in sorted(by_reading))


def measure(rounds: int, told: Told) -> Group:
    """A chunk of a long stream against one of a short one."""
    measures = []
    for cell in cells():
        shown = {"text": "shown as text", "body": "shown as it comes"}[cell.client.stream]
        for what, cost in (("live", live_s), ("recorded", recorded_s)):
            many, few = partial(cost, cell, MANY), partial(cost, cell, FEW)
            pairs = in_turn(rounds, told, f"a chunk, {what}", many, few)
            name = f"{what}, {shown}"
            measures.append(ratio(name, f"a chunk of {FEW}", "processor", pairs, GOAL))
    return Group(
        name="growth",
        title=f"The cost of a chunk in a stream of {MANY:,} chunks",
        measures=tuple(measures),
    )
