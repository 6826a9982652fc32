"""A toolchain that is ready to run samples: found or installed once, then only looked up."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.model import private
from harness.model.problem import HarnessError, InvalidError, Problem
from harness.toolchain import exposure, packages, programs, python
from harness.toolchain.environment import common
from harness.toolchain.manifest import condition
from harness.toolchain.need import Need, Parts, fingerprint
from harness.toolchain.npm_lock import MODULES
from harness.toolchain.state import replace, writing
from harness.toolchain.tool import ASKING, run
from harness.toolchain.version import ask_openly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.model.cell import Cell
    from harness.model.client import Client
    from harness.model.project import Project
    from harness.toolchain.version import Ask

FORMAT = "5"
"""Of the stamps; one of another format is not read."""


class Ready(Parts, frozen=True, kw_only=True):
    """Everything that a client's samples need, in place."""

    digest: str
    """Changes whenever a sample could run differently."""


def prepare(
    client: Client,
    root: Path,
    state: Path,
    announce: Callable[[str], None],
    node: str | None = None,
    ask: Ask = ask_openly,
) -> Ready:
    """What a client's samples need: looked up if it is in place, found or installed if not.

    Args:
        client: The client.
        root: The project, as `harness.toolchain.state.workspace` gives it.
        state: Where toolchains are kept.
        announce: Told of every step that takes long, in plain words.
        node: The Node version to use, whatever is on PATH: `22.11.0`.
        ask: How programs are asked for their version.

    Raises:
        HarnessError: A program is missing, or something could not be installed.
        InvalidError: A lock cannot be read, or `node` is no version.
    """
    need = _need(client, root, state, announce, node, ask)
    key = _key(need)
    return _stamped(need, key) or _provided(need, key)


def looked_up(client: Client, root: Path, state: Path, node: str | None = None) -> Ready | None:
    """What a client's samples need, if it is in place and whole; nothing is installed.

    Args:
        client: The client.
        root: The project, as `harness.toolchain.state.workspace` gives it.
        state: Where toolchains are kept.
        node: The Node version to use, whatever is on PATH.

    Raises:
        HarnessError: A real `node_modules` is in the way.
        InvalidError: A lock cannot be read.
    """
    need = _need(client, root, state, lambda _: None, node)
    return _stamped(need, _key(need))


def prepare_for(
    cells: Iterable[Cell],
    project: Project,
    root: Path,
    state: Path,
    announce: Callable[[str], None],
    node: str | None = None,
    ask: Ask = ask_openly,
) -> dict[str, Ready | HarnessError]:
    """By client's name: what the samples of cells need, or why nobody knows or has that.

    Raises:
        InvalidError: A lock cannot be read, or `node` is no version.
    """
    clients = {cell.client.name: cell.client for cell in cells}
    sound = [one for one in clients.values() if one.file not in project.broken]
    none = HarnessError("nobody knows what it needs", "see what is wrong with its client.yaml")
    return dict.fromkeys(clients, none) | prepare_all(sound, root, state, announce, node, ask)


def prepare_all(
    clients: Iterable[Client],
    root: Path,
    state: Path,
    announce: Callable[[str], None],
    node: str | None = None,
    ask: Ask = ask_openly,
) -> dict[str, Ready | HarnessError]:
    """By client's name: what its samples need, or why that is not to be had.

    What must be installed is installed at the same time. One client's trouble is not another's.

    Raises:
        InvalidError: A lock cannot be read, or `node` is no version.
    """
    lock = threading.Lock()

    def in_turn(text: str) -> None:
        with lock:
            announce(text)

    found: dict[str, Ready | HarnessError] = {}
    slow: dict[str, tuple[Need, str]] = {}
    for client in clients:
        need = _need(client, root, state, in_turn, node, ask)
        key = _key(need)
        ready = _stamped(need, key)
        if ready is None:
            slow[client.name] = (need, key)
        else:
            found[client.name] = ready
    if slow:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(len(slow)) as pool:
            jobs = {name: pool.submit(_provided, *job) for name, job in slow.items()}
        for name, job in jobs.items():
            try:
                found[name] = job.result()
            except HarnessError as error:
                found[name] = error
    return found


STARTS = {"python": ("-I", "-S", "-c", ""), "node": ("-e", "")}
"""By kind of toolchain: how its runtime is started to do nothing, and none of its packages' code."""


def check(client: Client, ready: Ready, ask: Ask = ask_openly) -> None:
    """Make sure that what a client's samples run with is still whole, and starts.

    Args:
        client: The client.
        ready: What they run with.
        ask: How programs are asked for their version.

    Raises:
        HarnessError: It is not: what a sample did with it is not the sample's doing.
    """
    for folder, part in ready.installed.items():
        if damage := condition(folder, part).damage:
            message = f"what {client.name} needs was damaged while samples ran: {folder}: {damage}"
            raise HarnessError(message, "run it again")
    if words := STARTS.get(client.toolchain.kind):
        path = ready.words[client.toolchain.kind]
        run([path, *words], doing=f"starting {path}", environment=common(), timeout=ASKING)
    for program in client.toolchain.programs:
        programs.ask(client, program, ready.words[program.name], ask, ready.libraries)


def _need(
    client: Client,
    root: Path,
    state: Path,
    announce: Callable[[str], None],
    node: str | None,
    ask: Ask = ask_openly,
) -> Need:
    folder = (root / client.file).parent
    # In the state are the newest packages' own.
    if not any(exposure.is_real(base, folder) for base in (root, state)):
        message = "the client's folder is reached through a link, and all in it is shown to samples"
        hint = "put a real folder into the project in the link's place"
        raise InvalidError([Problem(file=client.file, message=message, hint=hint)])
    return Need(
        client=client,
        root=root,
        folder=folder,
        state=state,
        announce=announce,
        node=node,
        ask=ask,
    )


def _key(need: Need) -> str:
    """Changes whenever other things would be found or installed."""
    kind = need.client.toolchain.kind
    own = {"python": python.key, "node": packages.key}.get(kind)
    # The folder stands in it because a stamp holds absolute paths: a clone may be moved or copied.
    return fingerprint(
        FORMAT,
        kind,
        str(need.folder),
        str(need.state),
        own(need) if own else "",
        programs.key(need),
    )


def _stamp(need: Need, key: str) -> Path:
    return need.state / "ready" / f"{need.client.name}-{key[:16]}.json"


def _stamped(need: Need, key: str) -> Ready | None:
    try:
        ready = msgspec.json.decode(private.read(_stamp(need, key)), type=Ready)
    except (OSError, msgspec.DecodeError):
        return None
    if not _is_true(ready, need, key):
        return None
    for path in (*ready.words.values(), *ready.libraries, *ready.beside.values()):
        if not os.path.exists(path):  # noqa: PTH110  (this path costs every run)
            return None
    states = [condition(*place) for place in ready.installed.items()]
    if any(state.damage for state in states):
        return None
    if MODULES in ready.beside:
        packages.link(need, Path(ready.beside[MODULES]))
    digests = (state.digest for state in states)
    return msgspec.structs.replace(ready, digest=fingerprint(ready.digest, *digests))


def _is_true(ready: Ready, need: Need, key: str) -> bool:
    """Whether a stamp is as it was written, and names as installed only what lies in the cache."""
    own = f"{need.toolchains}/"
    places = [*ready.installed, *(path for name, path in ready.beside.items() if name == MODULES)]
    lie_there = all(one.startswith(own) and os.path.normpath(one) == one for one in places)
    return lie_there and ready.digest == _digest(ready, key)


def _digest(parts: Parts, key: str) -> str:
    fields = {name: getattr(parts, name) for name in Parts.__struct_fields__}
    return fingerprint(key, msgspec.json.encode(Parts(**fields)))


def _provided(need: Need, key: str) -> Ready:
    """What is found or installed now, as it will be looked up.

    Raises:
        HarnessError: It is damaged again as soon as it is installed.
    """
    _provide(need, key)
    ready = _stamped(need, key)
    if ready is None:
        message = f"what {need.client.name} needs does not stay as it was installed"
        raise HarnessError(message, "see that nothing else writes there, then run it again")
    return ready


def _provide(need: Need, key: str) -> None:
    stamp = _stamp(need, key)
    private.make(need.state)
    private.make(stamp.parent)
    kind = need.client.toolchain.kind
    parts: list[Parts] = []
    if kind == "python":
        parts.append(python.provide(need))
    elif kind == "node":
        parts.append(packages.provide(need))
    parts.append(programs.provide(need, parts))
    whole = Parts(
        words={word: path for part in parts for word, path in part.words.items()},
        path=tuple(dict.fromkeys(folder for part in parts for folder in part.path)),
        beside={name: path for part in parts for name, path in part.beside.items()},
        versions={name: version for part in parts for name, version in part.versions.items()},
        libraries=tuple(dict.fromkeys(folder for part in parts for folder in part.libraries)),
        installed={folder: used for part in parts for folder, used in part.installed.items()},
    )
    ready = Ready(**msgspec.structs.asdict(whole), digest=_digest(whole, key))
    with writing(stamp.parent):
        replace(stamp, msgspec.json.encode(ready))
