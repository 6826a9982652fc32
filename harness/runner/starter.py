"""The starter: a small process that starts samples, so that the harness itself never forks.

The harness sends it an order for each run, with three descriptors: the run's lifeline, the
sample's terminal, its standard error; an order with a lifeline alone asks whether runs can be
sealed. It forks a warden for each and forgets it. When the harness ends, however it ends, the
starter ends too, after every warden has. Standard library only.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import time

from harness.runner import family, warden, wire

TYPE_CHECKING = False  # to import `typing` takes a third of a starter's start
if TYPE_CHECKING:
    from typing import Any

FAREWELL_S = 5.0


def serve(control: socket.socket, *, execute: bool = True) -> dict[str, Any] | None:
    """Take orders until the harness is gone.

    Args:
        control: Where orders come from.
        execute: Whether samples are programs to be executed, or children of this interpreter.

    Returns:
        In the process that is to be a sample, its order; `None` when the harness is gone.
    """
    if execute:
        gc.disable()  # or every child would copy what the collector touches
    family.adopt_orphans()
    # Whoever ends the harness may mean its whole group: it ends the runs itself, and says so.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whatever it was when the harness was started
    while (message := wire.receive(control)) is not None:
        order, (lifeline, *outlets) = message
        pid = os.fork()
        if pid == 0:
            control.close()
            line = socket.socket(fileno=lifeline)
            if not outlets:
                warden.probe(order, line)
            elif warden.run(order, line, *outlets, execute=execute):
                return order
            os._exit(0)
        for descriptor in (lifeline, *outlets):
            os.close(descriptor)
        # Waited for, not ignored: so what runs cost is counted to whoever started all this.
        family.reap()
    _farewell()
    return None


def _farewell() -> None:
    """Let the wardens end their runs, then end what they could not."""
    deadline = time.monotonic() + FAREWELL_S
    while family.reap():
        if time.monotonic() > deadline:
            for pid in family.children(os.getpid()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        time.sleep(0.01)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
