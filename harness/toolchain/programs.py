"""Programs that must be on the user's PATH, some of them in a minimum version."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.client import Program
from harness.model.problem import HarnessError
from harness.toolchain import exposure
from harness.toolchain.need import Parts, fingerprint, identity
from harness.toolchain.path import find, trusted
from harness.toolchain.version import at_least, version_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.client import Client
    from harness.toolchain.need import Need
    from harness.toolchain.version import Ask

USUAL = Program(name="").version
"""How a program is asked where its file does not say."""


def key(need: Need) -> str:
    """Changes whenever another program would be found or its version asked for otherwise."""
    programs = need.client.toolchain.programs
    return fingerprint(
        *(f"{program!r} {identity(find(program.name, need.root))}" for program in programs)
    )


def provide(need: Need, ahead: Sequence[Parts] = ()) -> Parts:
    """Every program that the client names, as its samples will find it.

    Args:
        need: The client's need.
        ahead: What its samples have already, whose folders come first on their PATH.

    Raises:
        HarnessError: One is missing or too old, or must not be shown to samples.
    """
    words, versions = {}, {}
    first = tuple(folder for parts in ahead for folder in parts.path)
    read = [folder for parts in ahead for folder in parts.libraries]
    private = (need.root, need.state)
    libraries: list[str] = []
    for program in need.client.toolchain.programs:
        path = located(need, program, first)
        words[program.name] = path
        shown = exposure.program(path, private)
        versions[program.name] = check(need, program, path, [*read, *shown])
        libraries += shown
    found = {str(Path(path).parent) for path in words.values()}
    # In the order of the search: so the first program of a name is the one that was checked.
    ordered = [
        folder for folder in map(os.path.abspath, [*first, *trusted(need.root)]) if folder in found
    ]
    folders = tuple(dict.fromkeys(ordered))
    return Parts(
        words=words,
        path=folders,
        versions=versions,
        libraries=tuple(dict.fromkeys(libraries)),
    )


def located(need: Need, program: Program, first: tuple[str, ...] = ()) -> str:
    """The path of a program.

    Args:
        need: Who needs it.
        program: What is needed.
        first: Folders that are looked into before those of PATH.

    Raises:
        HarnessError: It is missing, or only the project has it.
    """
    path = find(program.name, need.root, first)
    if path is None:
        message = f"{program.name} is not on the PATH; {need.client.name} needs it"
        if untrusted := shutil.which(program.name):
            message = f"{untrusted} may come from the project, which brings no programs of its own"
        raise HarnessError(message, program.install or f"install {_needed(program)}")
    return os.path.abspath(path)  # noqa: PTH100  (a link's own name may matter: busybox)


def _needed(program: Program) -> str:
    return f"{program.name} {program.minimum} or newer" if program.minimum else program.name


def check(need: Need, program: Program, path: str, folders: Sequence[str]) -> str:
    """The version of a program that is new enough.

    Args:
        need: Who needs it.
        program: What is needed.
        path: Where it is.
        folders: What it reads.

    Raises:
        HarnessError: It is too old, or does not tell its version.
    """
    version = ask(need.client, program, path, need.ask, folders, need.root)
    if program.minimum and not at_least(version, program.minimum):
        why = f"{_needed(program)} is needed: {need.client.name} needs it"
        raise HarnessError(
            f"{path} is {version}; {why}", program.install or f"install {_needed(program)}"
        )
    return version


def ask(
    client: Client,
    program: Program,
    path: str,
    asking: Ask,
    folders: Sequence[str],
    root: Path | None = None,
) -> str:
    """The version that a program tells.

    Args:
        client: Who needs it.
        program: What it is.
        path: Where it is.
        asking: How it is asked.
        folders: What it reads.
        root: The project's, to tell the line that asks it so.

    Raises:
        UntoldError: It tells none.
    """
    try:
        said = asking(path, program.version, folders)
    except HarnessError as error:
        raise UntoldError(_place(client, program, root), program, path, error.message) from error
    version = version_in(said)
    if version is None:
        raise UntoldError(
            _place(client, program, root), program, path, f"it printed {said.strip()[:80]!r}"
        )
    return version


class UntoldError(HarnessError):
    """A program does not tell its version."""

    def __init__(self, place: str, program: Program, path: str, why: str) -> None:
        """Say what was asked, by which file, and what to do.

        Args:
            place: The file, and the line.
            program: What it is.
            path: Where it is.
            why: What came instead of a version.
        """
        asked = shlex.join([path, *program.version])
        remedy = program.install or f"install {_needed(program)}"
        if program.version != USUAL:
            remedy = f"name other words there with which {program.name} tells its version"
        super().__init__(f"{place}: {asked} tells no version; {why}", remedy)


def _place(client: Client, program: Program, root: Path | None) -> str:
    """Where a client's file names a program, with the line."""
    from harness.model.loader import read

    file = client.file
    loaded = read(root / file, file, []) if root else None
    number = client.toolchain.programs.index(program)
    place = ("toolchain", "programs", number, "version")
    line = loaded.problem(place, "").line if loaded else 0
    return f"{file}:{line}" if line else file
