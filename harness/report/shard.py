"""Shards: a run split over several machines, so that together they are the whole.

What is held against one another stays together: a shard has whole groups, each with all its
clients. The split rests on nothing but the cells and, where one is given, on an earlier report;
so every machine that is given the same comes to the same split.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from harness.gathering import groups
from harness.model.files import read
from harness.model.problem import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.model.cell import Cell
    from harness.model.project import Project


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """The run that a shard is a part of."""

    cells: int
    groups: int
    sha256: str
    """Over everything that the whole run is to run, and how."""


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a run."""

    index: int
    """Counted from 1."""
    of: int
    groups: tuple[int, ...]
    """Which of the whole run's groups it has, in their order, counted from 0."""
    whole: Whole

    def line(self) -> dict[str, Any]:
        """As a report's header has it."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def split(weights: Sequence[float], number: int) -> list[list[int]]:
    """Share out things by weight: the heaviest first, each to whoever has least.

    Returns:
        By shard: the things' places, in order.
    """
    shards: list[list[int]] = [[] for _ in range(number)]
    loads = [0.0] * number
    for place in sorted(range(len(weights)), key=lambda place: (-weights[place], place)):
        least = loads.index(min(loads))
        shards[least].append(place)
        loads[least] += weights[place]
    return [sorted(places) for places in shards]


def shard_of(
    cells: Sequence[Cell], index: int, of: int, whole_sha256: str, durations: Mapping[str, float]
) -> tuple[Shard, list[Cell]]:
    """A shard of a run, and its cells.

    Args:
        cells: The whole run's.
        index: Which shard, counted from 1.
        of: How many there are.
        whole_sha256: As `fingerprint` gives it.
        durations: How long cells take, as far as that is to count; the others count as the mean.

    Raises:
        InvalidError: There are more shards than groups to share out.
    """
    shared = list(groups(cells))
    if of > len(shared):
        few = f"{len(shared)} group{'s' if len(shared) != 1 else ''} of samples"
        raise invalid(
            f"--shard {index}/{of}: there are only {few} to share out; a group stays together",
            hint=f"use at most {len(shared)} shard{'s' if len(shared) != 1 else ''}",
        )
    known = [durations[cell.id] for cell in cells if cell.id in durations]
    mean = sum(known) / len(known) if known else 1.0
    weights = [sum(durations.get(cell.id, mean) for cell in group) for group in shared]
    mine = split(weights, of)[index - 1]
    whole = Whole(cells=len(cells), groups=len(shared), sha256=whole_sha256)
    shard = Shard(index=index, of=of, groups=tuple(mine), whole=whole)
    return shard, [cell for place in mine for cell in shared[place]]


def fingerprint(
    project: Project, root: Path, cells: Sequence[Cell], settings: Sequence[str]
) -> str:
    """Changes whenever another whole run would be made; the same on every machine."""
    said = msgspec.structs.replace(project, marks={})  # where and when files lie is no part of it
    total = hashlib.sha256(msgspec.msgpack.encode(said, order="deterministic"))
    for text in (*settings, *(cell.id for cell in cells)):
        total.update(f"{len(text)} {text}".encode())
    for cell in cells:
        if cell.committed:
            with suppress(OSError):  # where it is to run, that is told
                total.update(hashlib.sha256(read(root / cell.path, root)).digest())
    return total.hexdigest()
