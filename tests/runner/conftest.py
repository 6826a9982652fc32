"""A starter, and a way to run any command under it."""

import asyncio
import contextlib
import sys

import pytest

from harness.runner.launcher import Launcher, Order, Seal
from harness.runner.terminal import Terminal


@pytest.fixture
def starter():
    launcher = Launcher()
    yield launcher
    launcher.close()


async def _run(starter, order):
    """How it ended, the terminal's bytes, standard error's."""
    terminal = Terminal()
    running = starter.launch(order, terminal)
    with contextlib.closing(running), contextlib.closing(terminal):
        ended = await running.ended()
        await terminal.drain()
        return ended, bytes(terminal.output.data), bytes(terminal.errors.data)


@pytest.fixture
def run(starter, tmp_path):
    """Run a command; gives how it ended, the terminal's bytes, standard error's."""

    def start(*argv, limit_s=20.0, env=None, cwd=None):
        order = Order(argv=argv, env=env or {}, cwd=str(cwd or tmp_path), limit_s=limit_s)
        return asyncio.run(_run(starter, order))

    return start


@pytest.fixture
def run_sealed(starter, tmp_path):
    """Run a command in a seal; gives how it ended, the terminal's bytes, standard error's."""
    home = tmp_path.resolve()
    if refused := starter.probe(str(home)):
        pytest.skip(f"runs cannot be sealed here: {refused}")

    def start(*argv, limit_s=20.0, **changes):
        seal = Seal(home=str(home), read=(sys.prefix, sys.base_prefix), **changes)
        order = Order(argv=argv, env={}, cwd=str(home / "work"), limit_s=limit_s, seal=seal)
        return asyncio.run(_run(starter, order))

    return start
