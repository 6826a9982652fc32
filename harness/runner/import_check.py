"""Finds out whether a client's samples may be forked, by a run of a small program in a sample's place."""

from __future__ import annotations

import ast
import os
import secrets
import shutil
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.observation import Exit
from harness.runner.attempts import attempts
from harness.runner.environment import PROXY_VARIABLES, child_environment
from harness.runner.fitness import PROBE, Fitness, remember
from harness.runner.launcher import Order
from harness.runner.script import Script
from harness.runner.shown import SYSTEM
from harness.runner.terminal import Terminal

if TYPE_CHECKING:
    import socket

    from harness.model.cell import Cell
    from harness.runner.stage import Stage
    from harness.toolchain.ready import Ready

LIMIT_S = 30.0
"""How long a library may take to be imported."""
CONSTANT = ("/dev/null", "/dev/urandom")
"""Files beside packages and programs that hold the same for every run."""


async def find_out(cell: Cell, stage: Stage) -> Fitness:
    """Whether a client's samples may be forked, by a run of the probe.

    Args:
        cell: One of its cells.
        stage: What all runs share.

    Raises:
        HarnessError: The probe could not be started.
    """
    ready = stage.ready(cell)
    found, lasting = await _probed(cell, stage, ready)
    if lasting:
        remember(stage.state, cell.client, ready, found)
    return found


async def _probed(cell: Cell, stage: Stage, ready: Ready) -> tuple[Fitness, bool]:
    """What a run of the probe says, and whether another would say the same."""
    mark = f"probe-{secrets.token_hex(16)}:"
    folder = Path(tempfile.mkdtemp(dir=stage.state.resolve(), prefix="probe-"))
    home = stage.folders.new()
    try:
        path = folder / "sample.py"
        environment = child_environment(
            cell, ready, canary=secrets.token_hex(16), bundle=stage.authority.bundle, home=home
        )
        proxies = dict.fromkeys(PROXY_VARIABLES, "http://127.0.0.1:9")
        own = {"HOME", "TMPDIR", cell.endpoint.token, *cell.client.trust, *proxies}
        given = {
            "mark": mark,
            "modules": list(cell.client.preload),
            "read": _names(str(folder), *ready.libraries, *SYSTEM, *CONSTANT),
            "differs": sorted(own - set(cell.client.environment)),
            "proc": sys.platform == "linux",
        }
        path.write_text(f"{PROBE.read_text('utf-8')}\n\nGIVEN = {given!r}\nlook()\n", "utf-8")
        order = Order(
            argv=(ready.words["python"], str(path)),
            env=environment | proxies,
            cwd=str(home / "work"),
            limit_s=min(LIMIT_S, stage.limit_s),
            seal=stage.seal(cell, Script.read(path, folder), home),
        )
        return await _run(order, stage, mark)
    finally:
        stage.folders.discard(home)
        shutil.rmtree(folder, ignore_errors=True)


def _names(*paths: str) -> list[str]:
    return [f"{one}/" for path in paths for one in (path, os.path.realpath(path))]


async def _run(order: Order, stage: Stage, mark: str) -> tuple[Fitness, bool]:
    terminal = Terminal()
    with closing(terminal):
        run = stage.launcher.launch(order, terminal)
        with closing(run):
            sockets = await run.sealed() if order.seal else ()
            ended = await run.ended()
            await terminal.drain()
            reached = bool(sockets) and _reached(sockets)
    said = bytes(terminal.output.data).decode("utf-8", "replace")
    before, there, answer = said.partition(mark)
    if ended.ended_for:
        return Fitness(f"importing its library takes longer than {order.limit_s:g} s"), False
    if not there or ended != Exit(code=0):
        last = bytes(terminal.errors.data).decode("utf-8", "replace").strip().splitlines()
        why = f" ({last[-1]})" if last else ""
        return Fitness(f"importing its library ends the program: {ended}{why}"), True
    line, _, after = answer.partition("\n")
    found: list[str] = ast.literal_eval(line)
    if before or after or terminal.errors.data:
        found.insert(0, "prints")
    if reached:
        found.append("reaches for the network")
    told = ", ".join(dict.fromkeys(found))
    return Fitness(f"importing its library {told}" if told else ""), True


def _reached(sockets: tuple[socket.socket, ...]) -> bool:
    """Whether anything was tried on the network, the gateway's ports included."""
    *listeners, watcher = sockets
    for listener in listeners:
        listener.setblocking(False)
        with suppress(OSError):
            listener.accept()[0].close()
            return True
    return bool(attempts(watcher))
