"""The gateway in a process of its own, for samples that are started by hand.

Takes a project's folder, and `--paced` if streams are to take their time. Prints a JSON object, cell
to port, for every model; and serves each cell's recording there until standard input ends. Any
number of runs of a sample are answered, one after another or at once.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from harness.gateway.authority import Authority
from harness.gateway.gateway import Gateway
from harness.gateway.paced import Paced
from harness.gateway.repeating import Repeating
from harness.gateway.replay import Replay
from harness.model.project import open_project
from harness.toolchain.state import state_folder

if TYPE_CHECKING:
    from harness.gateway.responder import Request, Responder

JOURNAL = 1000
"""Requests that are kept, as a run keeps its own."""


async def serve(root: Path, *, paced: bool) -> None:
    project = open_project(root)
    cells = list(project.cells(project.catalog.models))
    authority = Authority(state_folder(root) / "tls")
    authority.prepare({cell.endpoint.host for cell in cells})
    gateway = Gateway(authority)
    ports, services = {}, []
    journal: deque[Request] = deque(maxlen=JOURNAL)
    for cell in cells:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        ports[cell.id] = listener.getsockname()[1]
        responder: Responder = Repeating(Replay.of(cell))
        if paced:
            responder = Paced(responder)
        services.append(await gateway.serve(listener, responder, journal.append))
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for service in services:
        await service.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), paced="--paced" in sys.argv))
