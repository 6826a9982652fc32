"""The gateway in a process of its own, for samples that are started by hand.

Takes a project's folder. Prints a port, and answers there from the project's recordings, without
their pauses, until standard input ends. Any number of runs of a sample are answered, one after
another or at once.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from harness.gateway.authority import Authority
from harness.gateway.gateway import Gateway
from harness.gateway.library import Library
from harness.model.project import open_project
from harness.toolchain.cache import made_state

if TYPE_CHECKING:
    from harness.gateway.responder import Request

JOURNAL = 1000
"""Requests that are kept, as a run keeps its own."""


async def serve(root: Path) -> None:
    project = open_project(root)
    authority = Authority(made_state(root) / "tls")
    authority.prepare(project.catalog.hosts)
    journal: deque[Request] = deque(maxlen=JOURNAL)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    port = listener.getsockname()[1]
    service = await Gateway(authority).serve(listener, Library(project), journal.append)
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await service.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
