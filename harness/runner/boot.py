"""Starting the starter: the very first thing in a call, so that it is there when it is needed."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError
from harness.runner.environment import constants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.model.client import Client
    from harness.toolchain.ready import Ready

FORKABLE = ("{python}", "{sample}")
"""The only way to run a sample that a fork can stand in for."""

PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120

BOOT = """
import sys, socket
sys.path.insert(0, sys.argv[1])
from harness.runner.starter import serve
serve(socket.socket(fileno=int(sys.argv[2])))
"""
"""Started isolated and without `site`, the starter is there in a fraction of an import."""


class Booting:
    """A starter, on its way or there already."""

    def __init__(self, pid: int, control: socket.socket) -> None:
        self.pid = pid
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
    return _spawn([sys.executable, "-I", "-S", "-c", BOOT], [], {"PATH": os.defpath})


def can_fork(client: Client) -> bool:
    """Whether a fork can stand in for a client's samples, and saves anything."""
    return bool(client.preload) and client.run == FORKABLE


def boot_for(client: Client, ready: Ready) -> Booting:
    """Start a starter that forks a client's samples; raises what `boot_forked` does."""
    return boot_forked(ready.words["python"], client.preload, constants(client, ready))


def boot_forked(python: str, preload: Iterable[str], environment: Mapping[str, str]) -> Booting:
    """Start a starter that is itself the samples' interpreter, with their library imported ahead.

    Args:
        python: The interpreter.
        preload: The modules to import ahead.
        environment: Variables that an interpreter may heed when it starts.

    Raises:
        HarnessError: It does not start.
    """
    ahead = os.path.join(PACKAGES, "harness", "runner", "ahead.py")  # noqa: PTH118
    return _spawn([python, ahead], preload, environment)


def _spawn(
    command: Sequence[str], arguments: Iterable[str], environment: Mapping[str, str]
) -> Booting:
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
    return Booting(pid, ours)
