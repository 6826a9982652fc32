"""What a reader would see is kept as it came, and can be waited for."""

import asyncio
import os
import time
from types import SimpleNamespace

import pytest

from harness.model.problem import HarnessError
from harness.runner import run
from harness.runner import terminal as module
from harness.runner.terminal import Terminal


def test_a_text_can_be_waited_for_across_pieces():
    async def go():
        terminal = Terminal()
        waiting = asyncio.ensure_future(terminal.output.contains("né!".encode(), 5))
        for piece in (b"xn", b"\xc3", b"\xa9!"):
            os.write(terminal.outlet, piece)
            await asyncio.sleep(0.01)
        assert await waiting
        assert not await terminal.output.contains(b"more", 0.01)
        terminal.close()

    asyncio.run(go())


def test_waiting_ends_when_nothing_more_can_come():
    async def go():
        terminal = Terminal()
        terminal.started()
        assert not await terminal.output.contains(b"x", 60)
        await terminal.drain()
        terminal.close()

    asyncio.run(asyncio.wait_for(go(), 10))


def test_a_run_whose_terminal_has_ended_is_not_waited_for_at_a_checkpoint():
    """To ask again and again would keep other runs from being answered meanwhile."""

    async def go():
        terminal = Terminal()
        os.write(terminal.outlet, b"all there is")
        terminal.started()
        await terminal.drain()
        waits = (SimpleNamespace(warden=None), run.GATE_GRACE_S * 3)
        assert await run._shown(b"there", terminal, *waits)
        assert not await run._shown(b"more", terminal, *waits)
        terminal.close()

    started = time.monotonic()
    asyncio.run(go())
    assert time.monotonic() - started < run.GATE_GRACE_S / 2


def test_a_grandchild_that_keeps_the_terminal_open_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(module, "DRAIN_S", 0.05)

    async def go():
        terminal = Terminal()
        os.write(terminal.outlet, b"all there is")
        await terminal.drain()
        assert terminal.output.data == b"all there is"
        terminal.close()

    asyncio.run(asyncio.wait_for(go(), 10))


def test_output_without_end_is_noticed_and_not_kept(monkeypatch):
    monkeypatch.setattr(module, "OUTPUT_LIMIT", 1000)

    async def go():
        terminal = Terminal()
        writer = asyncio.get_running_loop().run_in_executor(
            None, os.write, terminal.error_outlet, b"x" * 2000
        )
        await asyncio.wait_for(terminal.errors.flooded.wait(), 5)
        assert len(terminal.errors.data) <= 1000
        await writer
        terminal.close()

    asyncio.run(go())


def test_no_pseudo_terminal_is_our_fault_with_a_remedy(monkeypatch):
    def refuse():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "openpty", refuse)
    with pytest.raises(HarnessError, match="no pseudo-terminal") as error:
        Terminal()
    assert "/dev/pts" in error.value.remedy
