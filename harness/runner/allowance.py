"""What a machine must allow: terminals, and sealed runs; and how it can be made to."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from harness.runner.boot import can_fork
from harness.runner.fitness import known
from harness.runner.launcher import Launcher
from harness.runner.switches import SWITCHES
from harness.runner.terminal import REMEDY
from harness.toolchain.doctor import Item
from harness.toolchain.ready import looked_up

if TYPE_CHECKING:
    from harness.model.client import Client


def terminals() -> Item:
    """Whether every sample can have a terminal of its own."""
    try:
        for descriptor in os.openpty():
            os.close(descriptor)
    except OSError as error:
        found, mend = f"refused: {error.strerror}", REMEDY
    else:
        found, mend = "work", ""
    return Item(name="terminals", found=found, needed="one for each sample", remedy=mend)


def sealing() -> Item:
    """Whether runs can be sealed here. Not an error where they cannot: they run unsealed."""
    launcher = Launcher()
    try:
        with TemporaryDirectory() as folder:
            refused = launcher.probe(str(Path(folder).resolve()))
    finally:
        launcher.close()
    return Item(
        name="sealing",
        found=f"refused: {refused}" if refused else "works",
        needed="to keep samples off the network",
        remedy=remedy() if refused else "",
    )


def forking(client: Client, root: Path, state: Path) -> Item | None:
    """Whether a client's samples are forked, and if not, why; `None` if that was never asked for.

    Args:
        client: The client.
        root: The project, as `harness.toolchain.state.workspace` gives it.
        state: Where toolchains are kept.

    Raises:
        HarnessError: Something is in the way of the client's packages.
        InvalidError: A lock cannot be read.
    """
    if not can_fork(client):
        return None
    ready = looked_up(client, root, state)
    fitness = known(state, client, ready) if ready else None
    if fitness is None:
        found = "not tried yet: the first run does"
    else:
        found = f"no: {fitness.unfit}" if fitness.unfit else "yes"
    return Item(name=f"{client.name}: forked", found=found, needed="to save time")


def remedy() -> str:
    """What allows runs to be sealed here, as a command where there is one."""
    if sys.platform != "linux":
        return "run on Linux, or in a Linux container"
    for path, forbids, allows in SWITCHES:
        try:
            value = (Path("/proc/sys") / path).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if value == forbids:
            return f"sudo sysctl -w {path.replace('/', '.')}={allows}"
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return "start the container with: --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    return "allow unprivileged user namespaces, on Linux 5.12 or newer"
