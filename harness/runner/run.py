"""One run of one sample: from a cell to an observation."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.model.observation import Exit, Gate, Observation
from harness.model.problem import HarnessError, InvalidError, Problem
from harness.model.text_fault import text_faults
from harness.runner.activity import footprint
from harness.runner.attempts import attempts
from harness.runner.environment import PROXY_VARIABLES, child_environment
from harness.runner.launcher import Order, Run
from harness.runner.ports import PROXY_PORT
from harness.runner.seen import Seen
from harness.runner.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model.cell import Cell
    from harness.runner.script import Script
    from harness.runner.stage import Stage

GATE_GRACE_S = 2.0
"""A run that has done nothing for so long is not about to show anything."""
GATE_STEP_S = 0.25


async def observe(cell: Cell, stage: Stage, script: Script) -> Observation:
    """Run a cell's sample against what the stage has for it, its recording as a rule.

    Args:
        cell: The cell.
        stage: What all runs share.
        script: Its sample. These bytes run: what stands at its path is not read again.

    Raises:
        HarnessError: The run could not be made: our own fault, never the sample's. Or its file, of
            which an unsealed run has no copy, has changed meanwhile.
        InvalidError: Its recording makes the client wait for longer than a run may take.
    """
    opened: list[Gate] = []
    async with AsyncExitStack() as closing:
        terminal = Terminal()
        closing.callback(terminal.close)

        async def see(text: str) -> None:
            if all(gate.opened for gate in opened):
                shown = await _shown(text.encode(), terminal, run, stage.limit_s)
                opened.append(Gate(text=text, opened=shown))

        home = stage.folders.new()
        closing.callback(stage.folders.discard, home)
        order, canary = _order(cell, stage, script, home)
        answering = stage.source(cell, canary, see)
        if answering.answers() is None:
            order = msgspec.structs.replace(order, limit_s=_limit_s(cell, stage.limit_s))
        seen = Seen(stage.gateway, canary, stage.limits)
        closing.push_async_callback(seen.close)
        if order.seal is None:
            listener = _listen()
            await seen.serve(listener, answering.responder)
            order = _through(order, listener.getsockname()[1])
        launcher = await stage.launcher_of(cell)
        started = time.monotonic()
        run = launcher.launch(order, terminal)
        closing.callback(run.close)
        closing.push_async_callback(seen.close)  # before the run, whose sockets it serves
        excess = asyncio.ensure_future(_end_excesses(terminal, seen, run))
        closing.callback(excess.cancel)
        *listeners, watcher = (await run.sealed() if order.seal else ()) or (None,)
        for listener in listeners:
            await seen.serve(listener, answering.responder)
        ended = await run.ended()
        duration_ms = (time.monotonic() - started) * 1000
        tried = attempts(watcher) if watcher else ()
        await terminal.drain()
        await seen.settle(watcher)
        if terminal.flooded:
            # It may have met the closed terminal before the order to end it.
            ended = Exit(code=None, ended_for="output")
        if seen.over:
            ended = Exit(code=None, ended_for="limits")
    seen.check()
    if order.seal is None:
        script.check(Path(script.path))
    return Observation(
        requests=tuple(seen.requests),
        answers=answering.answers(),
        stdout=bytes(terminal.output.data),
        stderr=bytes(terminal.errors.data),
        exit=ended,
        gates=tuple(opened),
        connections=seen.connections,
        attempts=tried,
        opened=run.opened,
        text_faults=tuple(text_faults(script.data)),
        unwatched=seen.unwatched,
        over=seen.over,
        canary=canary,
        limit_s=order.limit_s,
        duration_ms=duration_ms,
    )


def _order(cell: Cell, stage: Stage, script: Script, home: Path) -> tuple[Order, str]:
    """The order for a cell's sample, and the token that it is given."""
    ready = stage.ready(cell)
    canary = f"canary-{secrets.token_hex(16)}"
    order = Order(
        argv=_arguments(cell, ready.words, script.path),
        env=child_environment(cell, ready, canary=canary, bundle=stage.authority.bundle, home=home),
        cwd=str(home / "work"),
        limit_s=stage.limit_s,
        seal=stage.seal(cell, script, home),
    )
    return _through(order, PROXY_PORT), canary


def _limit_s(cell: Cell, limit_s: float) -> float:
    """How long a run may take that a recording answers: what this makes it wait comes on top."""
    waits_s = cell.waits_s(time.time())
    if waits_s > limit_s and cell.recording is not None:
        message = (
            f"its answers make the client {cell.client.name} wait {waits_s:.0f} s before it has asked "
            f"for the last time; a run may take {limit_s:g} s"
        )
        hint = "write there that it is to wait less, or allow more with --timeout"
        raise InvalidError([Problem(file=cell.recording.file, message=message, hint=hint)])
    return limit_s + waits_s


def _through(order: Order, port: int) -> Order:
    """The order with a port of the gateway as the sample's proxy."""
    proxy = dict.fromkeys(PROXY_VARIABLES, f"http://127.0.0.1:{port}")
    return msgspec.structs.replace(order, env=order.env | proxy)


def _listen() -> socket.socket:
    listener = socket.socket()
    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise HarnessError(
            f"the gateway cannot listen on 127.0.0.1: {error.strerror}",
            "allow this program to open ports on the loopback interface",
        ) from error
    return listener


def _arguments(cell: Cell, words: Mapping[str, str], sample: str) -> tuple[str, ...]:
    known = {**words, "sample": sample}
    return tuple(argument.format_map(known) for argument in cell.client.run)


async def _shown(text: bytes, terminal: Terminal, run: Run, limit_s: float) -> bool:
    """Whether a text comes to the terminal before the run has waited for long, doing nothing."""
    last = None
    started = quiet_since = time.monotonic()
    while not await terminal.output.contains(text, GATE_STEP_S):
        if terminal.output.ended:
            return False  # a wait that ends at once would hold up all other runs
        now = time.monotonic()
        at_work, ticks = footprint(run.warden) if run.warden else (False, 0)
        if at_work or ticks != last:
            last, quiet_since = ticks, now
        if now - quiet_since > GATE_GRACE_S or now - started > limit_s / 3:
            return False
    return True


async def _end_excesses(terminal: Terminal, seen: Seen, run: Run) -> None:
    """End a run whose output has no end, or what it sends."""
    waits = [
        asyncio.ensure_future(event.wait())
        for event in (terminal.output.flooded, terminal.errors.flooded, seen.exceeded)
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        run.end()
    finally:
        for wait in waits:
            wait.cancel()
