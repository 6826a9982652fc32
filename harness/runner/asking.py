"""Asks programs for their version: in the sandbox, since what they are asked stands in a project's files."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError
from harness.toolchain.tool import excerpt
from harness.toolchain.version import ask_openly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.runner.launcher import Launcher

LIMIT_S = 10.0
"""Seconds that a program may take to tell its version."""
MEMORY = 1024**3


def ask(path: str, arguments: Sequence[str], shown: Sequence[str]) -> str:
    """What a program prints, on standard output and then on standard error.

    It has no network, no home and no files but the system's and its own. Where there is no sandbox,
    it is asked as `harness.toolchain.version.ask_openly` does.

    Args:
        path: The program.
        arguments: What it is asked.
        shown: Folders that it reads.

    Raises:
        HarnessError: It fails, or takes too much of anything.
    """
    import asyncio
    from tempfile import TemporaryDirectory

    from harness.runner.launcher import Launcher

    launcher = Launcher()
    try:
        with TemporaryDirectory(prefix="sampleproof-") as folder:
            home = os.path.realpath(folder)
            for name in ("tried", "home"):
                Path(home, name).mkdir()
            if launcher.probe(f"{home}/tried"):
                return ask_openly(path, arguments, shown)
            return asyncio.run(_asked(launcher, f"{home}/home", [path, *arguments], shown))
    finally:
        launcher.close()


async def _asked(
    launcher: Launcher, home: str, command: Sequence[str], shown: Sequence[str]
) -> str:
    import asyncio

    from harness.runner.launcher import Order, Seal
    from harness.runner.terminal import Terminal

    order = Order(
        argv=tuple(command),
        env={
            "PATH": os.pathsep.join([os.path.dirname(command[0]), os.defpath]),  # noqa: PTH120
            "HOME": home,
            "TMPDIR": f"{home}/tmp",  # noqa: S108
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        },
        cwd=f"{home}/work",
        limit_s=LIMIT_S,
        seal=Seal(home=home, read=tuple(shown), memory=MEMORY),
    )
    terminal = Terminal()
    with closing(terminal):
        run = launcher.launch(order, terminal)
        with closing(run):
            streams = (terminal.output, terminal.errors)
            floods = [asyncio.ensure_future(stream.flooded.wait()) for stream in streams]
            ending = asyncio.ensure_future(run.ended())
            await asyncio.wait([ending, *floods], return_when=asyncio.FIRST_COMPLETED)
            for flood in floods:
                flood.cancel()
            run.end()
            ended = await ending
            await terminal.drain()
        parts = (terminal.output.data, terminal.errors.data)
    said = "\n".join(part.decode("utf-8", "replace") for part in parts)
    if ended.code != 0 or ended.ended_for or terminal.flooded:
        limit = "output" if terminal.flooded else ended.ended_for
        why = f"it takes too much {limit}" if limit else str(ended)
        message = f"failed: asking {command[0]} for its version; {why}\n{excerpt(said)}"
        raise HarnessError(message, "run: sampleproof doctor")
    return said
