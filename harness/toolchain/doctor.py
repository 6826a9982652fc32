"""What is here, what is missing, and the one command that mends it. Nothing is installed."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import socket
import sys
import textwrap
from typing import TYPE_CHECKING

import msgspec

from harness.model.private import ELSEWHERE
from harness.model.problem import HarnessError
from harness.toolchain import exposure, packages, programs, python, requirements
from harness.toolchain.cache import cache_folder, state_folder
from harness.toolchain.manifest import condition
from harness.toolchain.need import Need
from harness.toolchain.node import in_place, misfits, on_path, pinned_version
from harness.toolchain.npm_lock import read_lock
from harness.toolchain.uv import find_uv
from harness.toolchain.version import ask_openly, at_least, version_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.model.client import Client, Program
    from harness.toolchain.version import Ask

WIDTH = 80
"""Columns that a line may take."""

COMMAND = re.compile(r"(?<=run: ).+?(?=; | \(|$)")
"""What people are asked to run, up to what else is said."""

GLUE = "\N{NO-BREAK SPACE}"

OLDEST_PYTHON = (3, 11)
INSTALLS = "run: sampleproof run"
OLD = ".harness"

OWN = {"python": (python.place, python.in_place), "node": (packages.folder, packages.in_place)}
"""By kind of toolchain: where its packages are, and what tells their versions."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is needed."""

    name: str
    found: str | None
    """What is there, with its version; `None` if nothing is."""
    needed: str
    remedy: str = ""
    """What mends it; empty if nothing has to be mended."""

    @property
    def fine(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.remedy


def inspect_machine(root: Path) -> list[Item]:
    """What the harness itself needs, whatever the client.

    Args:
        root: The project, as `harness.toolchain.state.workspace` gives it.
    """
    return [_python(), _uv(), _port(), _writable(root), _cache(root), *_old(root)]


def inspect(
    client: Client, root: Path, state: Path, node: str | None = None, ask: Ask = ask_openly
) -> list[Item]:
    """What a client's samples need.

    Args:
        client: The client.
        root: The project, as `harness.toolchain.state.workspace` gives it.
        state: Where toolchains are kept.
        node: The Node version that was asked for.
        ask: How programs are asked for their version.

    Raises:
        InvalidError: A lock cannot be read, or does more than pin.
    """
    folder = (root / client.file).parent
    need = Need(
        client=client,
        root=root,
        folder=folder,
        state=state,
        announce=lambda _: None,
        node=node,
        ask=ask,
    )
    items = []
    if client.toolchain.kind == "python":
        requirements.pins(need)
    if client.toolchain.kind == "node":
        items.append(_node(need))
    if own := OWN.get(client.toolchain.kind):
        items.append(_packages(need, *own))
    return items + [_program(need, program) for program in client.toolchain.programs]


def _python() -> Item:
    oldest = ".".join(map(str, OLDEST_PYTHON))
    old = sys.version_info < OLDEST_PYTHON
    remedy = f"install Python {oldest} or newer" if old else ""
    version = platform.python_version()
    return Item(name="Python", found=version, needed=f"{oldest} or newer", remedy=remedy)


def _uv() -> Item:
    try:
        said = ask_openly(str(find_uv()), ["--version"])
    except HarnessError as error:
        return Item(name="uv", found=None, needed="to install packages", remedy=error.remedy)
    return Item(name="uv", found=version_in(said), needed="to install packages")


def _port() -> Item:
    try:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
    except OSError as error:
        found, remedy = f"refused: {error.strerror}", "allow ports on 127.0.0.1 to be opened"
    else:
        found, remedy = "works", ""
    return Item(name="loopback", found=found, needed="a port per sample", remedy=remedy)


def _writable(root: Path) -> Item:
    able = os.access(root, os.W_OK)
    return Item(
        name="project",
        found="writable" if able else "read-only",
        needed="to hold samples and reports",
        remedy="" if able else f"make {root} writable for you",
    )


def _cache(root: Path) -> Item:
    needed = "to hold what is installed"
    try:
        folder = cache_folder()
        state_folder(root)
    except HarnessError as error:
        return Item(name="cache", found=error.message, needed=needed, remedy=error.remedy)
    there = next(one for one in (folder, *folder.parents) if one.exists())
    able = os.access(there, os.W_OK)
    return Item(
        name="cache",
        found=str(folder) if able else f"{folder}, read-only",
        needed=needed,
        remedy="" if able else f"make {there} writable for you, or {ELSEWHERE}",
    )


def _old(root: Path) -> list[Item]:
    """State of earlier versions, which nothing reads any more."""
    if not os.path.lexists(root / OLD):
        return []
    found = f"{OLD}, not read any more; to remove it, run: rm -r {shlex.quote(str(root / OLD))}"
    return [Item(name="old state", found=found, needed="for nothing")]


def _node(need: Need) -> Item:
    wanted = packages.engines(read_lock(need))
    name = f"{need.client.name}: Node"
    needed = need.node or "as the packages accept it"
    found, (kept, damage) = on_path(need.root), in_place(need)
    against = misfits(found.version, wanted) if found and not need.node else []
    if found and (found.version == need.node if need.node else not against):
        return Item(name=name, found=f"{found.version} on PATH", needed=needed)
    if kept:
        told = f"{kept.version}, damaged: {damage}" if damage else kept.version
        return Item(name=name, found=told, needed=needed, remedy=_installs(need) if damage else "")
    return Item(
        name=name,
        found=f"{found.version} on PATH" if found else None,
        needed=against[0].partition(" needs ")[2] if against else needed,
        remedy=_installs(need) + (f" (it brings Node {pinned_version()})" if against else ""),
    )


def _packages(
    need: Need, place: Callable[[Need], Path], versions: Callable[[Need], dict[str, str]]
) -> Item:
    name, needed = f"{need.client.name}: packages", f"as {need.shown(need.lock)} pins"
    folder = place(need)
    if not folder.exists():
        return Item(name=name, found=None, needed=needed, remedy=_installs(need))
    if damage := condition(str(folder)).damage:
        return Item(name=name, found=f"damaged: {damage}", needed=needed, remedy=_installs(need))
    try:
        version = versions(need).get(need.client.library)
    except HarnessError as error:
        return Item(name=name, found=None, needed=needed, remedy=error.remedy or _installs(need))
    found = f"{need.client.library} {version}" if version else "in place"
    return Item(name=name, found=found, needed=needed)


def _installs(need: Need) -> str:
    return f"{INSTALLS} --node {need.node}" if need.node else INSTALLS


def _program(need: Need, program: Program) -> Item:
    title = f"{need.client.name}: {program.name}"
    needed = f"{program.minimum} or newer" if program.minimum else "any version"
    remedy = program.install or f"install {program.name} ({needed})"
    path = None
    try:
        path = programs.located(need, program)
        version = programs.ask(
            need.client,
            program,
            path,
            need.ask,
            exposure.program(path, (need.root, need.state)),
            need.root,
        )
    except programs.UntoldError as error:
        return Item(name=title, found=error.message, needed=needed, remedy=error.remedy)
    except HarnessError as error:
        found = path or shutil.which(program.name)
        needed = needed if path or not found else f"{needed}, and not the project's own"
        return Item(name=title, found=found, needed=needed, remedy=error.remedy or remedy)
    old = program.minimum and not at_least(version, program.minimum)
    return Item(name=title, found=version, needed=needed, remedy=remedy if old else "")


def lines(items: Iterable[Item], typed: Callable[[str], str]) -> list[str]:
    """The items as lines of plain text, none wider than a terminal unless a word is.

    Args:
        items: What was looked at.
        typed: Puts commands into the words that the user can type.
    """
    items = list(items)
    width = max((len(item.name) for item in items), default=0)
    text = []
    for item in items:
        mark = "ok " if item.fine else "NOT"
        text += _wrap(f"{mark}  {item.name.ljust(width)}  ", item.found or "missing")
        if not item.fine:
            text += _wrap("     needed: ", item.needed)
            text += _wrap("     to mend it, ", typed(item.remedy))
    return text


def _wrap(start: str, words: str) -> list[str]:
    """Break lines between words, and none within a command: half of one may do something else."""
    indent = " " * len(start)
    lines = textwrap.wrap(
        COMMAND.sub(lambda found: found[0].replace(" ", GLUE), words),
        WIDTH,
        initial_indent=start,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(GLUE, " ") for line in lines]
