"""The same samples once more, with the newest packages: what they change on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model.problem import HarnessError
from harness.printer import say
from harness.report import ndjson
from harness.report.difference import differences, told
from harness.report.session import announce
from harness.report.words import number
from harness.runner.asking import ask
from harness.toolchain.cache import made_state
from harness.toolchain.newest import pin_newest
from harness.toolchain.ready import prepare_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.model.cell import Cell
    from harness.report.session import Session
    from harness.toolchain.ready import Ready

FOLDER = "newest"
"""Beside the report of the pinned packages."""


def run_newest(pinned: Session, cells: Sequence[Cell]) -> int:
    """Run samples with the newest packages, and tell what is different.

    Args:
        pinned: The run with the pinned packages, which is over.
        cells: What it ran.

    Returns:
        The exit code.

    Raises:
        HarnessError: The stage could not be set.
        InvalidError: A client does not say how its packages are installed.
    """
    found = _newest(pinned, cells)
    if not found:
        say("\nNo client of these samples has packages: nothing can be newer.")
        return 0
    say("\nThe newest packages, as readers get them today:")
    newer = {}
    for client, ready in found.items():
        changed = list(_changes(pinned.toolchains[client], ready))
        for text in changed or ["nothing newer than what is pinned"]:
            say(f"  {client}: {text}")
        if changed:
            newer[client] = ready
    if not newer:
        return 0
    report = pinned.report / FOLDER
    again = [cell for cell in cells if cell.client.name in newer]
    code = pinned.with_newest(newer, report).run(again)
    changes = differences(
        ndjson.lines(pinned.report / ndjson.NAME), ndjson.lines(report / ndjson.NAME)
    )
    if not changes:
        say(f"\nThe newest packages change nothing in {number(len(again), 'sample')}.")
    else:
        say("\nWhat the newest packages change:")
        for text in told(changes, ("pinned", "newest")):
            say(f"  {text}")
    return code


def _newest(pinned: Session, cells: Sequence[Cell]) -> dict[str, Ready | HarnessError]:
    """By client that has packages: the newest, in place, or why they are not to be had."""
    state = made_state(pinned.root)
    found: dict[str, Ready | HarnessError] = {}
    clients = []
    for name, client in {cell.client.name: cell.client for cell in cells}.items():
        try:
            newest = pin_newest(client, pinned.root, state, announce, pinned.node)
        except HarnessError as error:
            found[name] = error
            continue
        if newest is not None:
            clients.append(newest)
    return found | prepare_all(clients, pinned.root, state, announce, pinned.node, ask)


def _changes(old: Ready | HarnessError, new: Ready | HarnessError) -> Iterator[str]:
    """Each version that is another, as text."""
    if isinstance(new, HarnessError):
        yield new.message
        return
    was = {} if isinstance(old, HarnessError) else old.versions
    for name in sorted({*was, *new.versions}):
        one, other = was.get(name, "none"), new.versions.get(name, "none")
        if one != other:
            yield f"{name} {one} → {other}"
