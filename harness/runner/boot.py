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
from harness.toolchain import exposure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.model.client import Client
    from harness.toolchain.ready import Ready

    View = Mapping[str, list[str]]
    """What is seen: `read`, `own` and `hide`, as `harness.runner.seal` has them."""

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


def view_of(client: Client, ready: Ready, root: Path, state: Path) -> View:
    """What a server that forks a client's samples must see, for them to see it.

    Raises:
        HarnessError: Something of it must not be shown to samples.
        OSError: The state cannot be written.
    """
    folders = [state / name for name in (RENDERED, APART)]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "read": list(may_read(ready, root, state)),
        "own": [own_folder(one, root, state) for one in ((root / client.file).parent, *folders)],
        "hide": list(hidden(root, state)),
    }


def may_read(ready: Ready, root: Path, state: Path) -> tuple[str, ...]:
    """What a client's samples need, all of which may be shown.

    Raises:
        HarnessError: Some of it may not.
    """
    return tuple(exposure.check(path, (root, state)) for path in ready.libraries)


def own_folder(folder: Path, root: Path, state: Path) -> str:
    """A folder of the project or its state, which may be shown.

    Raises:
        HarnessError: A link leads somewhere else.
    """
    if not (exposure.is_real(root, folder) or exposure.is_real(state, folder)):
        message = f"{folder} is reached through a link, and all in it would be shown to samples"
        raise HarnessError(message, "put a real folder there, and run it again")
    return str(folder)


def hidden(root: Path, state: Path) -> tuple[str, ...]:
    """Folders that lie in what every sample is shown of the system, and are nobody's business."""
    private = (*map(os.path.realpath, (root, state)), *exposure.homes())
    return tuple(
        one
        for one in dict.fromkeys(private)
        if exposure.is_system(one) and one.count("/") > exposure.DEEP
    )


def boot_for(client: Client, ready: Ready, view: View | None) -> Booting:
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
    view: View | None = None,
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
        **view,
        "read": [*view["read"], *OURS],
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
