"""Whether a client's samples may be forked: only if importing their library does nothing else.

A fork can stand for a process of its own only if the import could have happened at any time. A library
that prints, raises, ends the process, starts a thread, opens a connection or looks at its environment
when it is imported has to do so in each sample's own process, sealed and watched as the sample is. A
small program that runs in the place of a sample finds that out, once for all packages as they are; what
it found is kept with the project's state.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.model.files import keep
from harness.toolchain.need import fingerprint

if TYPE_CHECKING:
    from harness.model.client import Client
    from harness.toolchain.ready import Ready

PROBE = Path(__file__).with_name("import_probe.py")


class Fitness(msgspec.Struct, frozen=True):
    """What was found out."""

    unfit: str
    """Why samples are not forked; empty if they may be."""


def known(state: Path, client: Client, ready: Ready) -> Fitness | None:
    """What is known of a client's packages as they are, if anything is."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(_place(state, client, ready).read_bytes(), type=Fitness)
    return None


def _place(state: Path, client: Client, ready: Ready) -> Path:
    how = msgspec.json.encode([client.run, client.preload, client.environment, client.trust])
    name = fingerprint(PROBE.read_bytes(), ready.digest, how)[:16]
    return state / "cache" / "forks" / f"{client.name}-{name}.json"


def remember(state: Path, client: Client, ready: Ready, fitness: Fitness) -> None:
    """Keep what was found out, if that can be done."""
    keep(_place(state, client, ready), msgspec.json.encode(fitness))
