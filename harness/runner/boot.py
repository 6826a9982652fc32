"""Starting the starter: the very first thing in a call, so that it is there when it is needed."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError
from harness.runner import wire
from harness.runner.environment import constants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.model.client import Client
    from harness.toolchain.ready import Ready

FORKABLE = ("{python}", "{sample}")
"""The only way to run a sample that a fork can stand in for."""

PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120

BOOT = """
import sys, socket
sys.path.insert(0, sys.argv[1])
from harness.runner.{module} import serve
serve(socket.socket(fileno=int(sys.argv[2])))
"""
"""Started isolated and without `site`, the starter is there in a fraction of an import."""
CLEAN = {"PATH": os.defpath}
"""What ours are started with: nothing of the user's, keys above all, for a sample to find in /proc."""
AHEAD = os.path.join(PACKAGES, "harness", "runner", "ahead.py")  # noqa: PTH118
OURS = (
    os.path.join(PACKAGES, "harness", "__init__.py"),  # noqa: PTH118
    os.path.join(PACKAGES, "harness", "runner"),  # noqa: PTH118
)
"""What a server needs of this package. Beside it there may be a whole project, with its keys."""
RENDERED, APART = "rendered", "apart"
"""Folders of the state: samples that are not committed, and copies of some that are."""


class Booting:
    """A starter, on its way or there already."""

    def __init__(self, pid: int, control: socket.socket, *, sealed: bool = False) -> None:
        self.pid = pid
        self.sealed = sealed
        """Whether it forks samples in a sandbox of its own, and only there."""
        self.control = control
        """Takes orders; when it is closed, the starter ends."""
        self._ended = False

    def let_go(self) -> None:
        """Have the starter end, with everything it started; it need not be waited for."""
        self.control.close()

    def close(self) -> None:
        """End the starter, and see it ended."""
        if self._ended:
            return
        self._ended = True
        self.let_go()
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def boot() -> Booting:
    """Start the starter; it need not be waited for.

    Raises:
        HarnessError: It does not start.
    """
    return Booting(*_spawn(_clean("starter"), [], CLEAN))


def _clean(module: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", BOOT.format(module=module)]


def can_fork(client: Client) -> bool:
    """Whether a fork can stand in for a client's samples, and saves anything."""
    return bool(client.preload) and client.run == FORKABLE


def view_of(client: Client, ready: Ready, root: Path, state: Path) -> list[str]:
    """What a server that forks a client's samples must see, for them to see it."""
    folders = [state / name for name in (RENDERED, APART)]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return [*ready.libraries, str((root / client.file).parent), *map(str, folders)]


def boot_for(client: Client, ready: Ready, view: Iterable[str] | None) -> Booting:
    """Start a starter that forks a client's samples; raises what `boot_forked` does.

    Args:
        client: The client.
        ready: What its samples need.
        view: As `boot_forked` has it.
    """
    return boot_forked(ready.words["python"], client.preload, constants(client, ready), view)


def boot_forked(
    python: str,
    preload: Iterable[str],
    environment: Mapping[str, str],
    view: Iterable[str] | None = None,
) -> Booting:
    """Start a starter that is itself the samples' interpreter, with their library imported ahead.

    Args:
        python: The interpreter.
        preload: The modules to import ahead.
        environment: Variables that an interpreter may heed when it starts.
        view: All that it and its forks may see of the world beside the system and this package, if
            it is to have a sandbox of its own; its forks must then be sealed. `None` if it is not.

    Raises:
        HarnessError: It does not start.
    """
    if view is None:
        return Booting(*_spawn([python, AHEAD], preload, environment))
    pid, control = _spawn(_clean("server"), [], CLEAN)
    order = {
        "argv": [python, AHEAD, PACKAGES],
        "preload": list(preload),
        "env": dict(environment),
        "read": [*view, *OURS],
    }
    with suppress(OSError):  # whoever waits for it is told that it is gone
        wire.send(control, order)
    return Booting(pid, control, sealed=True)


def _spawn(
    command: Sequence[str], arguments: Iterable[str], environment: Mapping[str, str]
) -> tuple[int, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)
    program = [*command, PACKAGES, str(theirs.fileno()), *arguments]
    try:
        # Not `subprocess`: a test that fakes that module must never meet a real sample.
        pid = os.posix_spawn(program[0], program, environment, setsid=True)
    except OSError as error:
        ours.close()
        raise HarnessError(f"the starter does not start: {error.strerror}") from error
    finally:
        theirs.close()
    return pid, ours
