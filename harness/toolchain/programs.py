"""Programs that must be on the user's PATH, some of them in a minimum version."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError
from harness.toolchain.need import Parts, fingerprint, identity
from harness.toolchain.tool import ASKING, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model.client import Program
    from harness.toolchain.need import Need


def key(need: Need) -> str:
    """Changes whenever another program would be found or its version asked for otherwise."""
    programs = need.client.toolchain.programs
    return fingerprint(
        *(f"{program!r} {identity(shutil.which(program.name))}" for program in programs)
    )


def provide(need: Need, ahead: Iterable[str] = ()) -> Parts:
    """Every program that the client names, as its samples will find it.

    Args:
        need: The client's need.
        ahead: Folders that come first on a sample's PATH.

    Raises:
        HarnessError: One is missing or too old.
    """
    words, versions = {}, {}
    search = [*ahead, *os.environ.get("PATH", os.defpath).split(os.pathsep)]
    for program in need.client.toolchain.programs:
        path, version = check(program, f"{need.client.name} needs it", os.pathsep.join(search))
        words[program.name] = path
        versions[program.name] = version
    found = {str(Path(path).parent) for path in words.values()}
    # In the order of the search: so the first program of a name is the one that was checked.
    ordered = [folder for folder in map(os.path.abspath, search) if folder in found]
    folders = tuple(dict.fromkeys(ordered))
    real = (str(_installation(Path(os.path.realpath(path)))) for path in words.values())
    return Parts(
        words=words,
        path=folders,
        versions=versions,
        libraries=tuple(dict.fromkeys([*folders, *real])),
    )


def _installation(program: Path) -> Path:
    """The folder that holds a program and what it reads.

    A version manager keeps everything beside its `shims`; other installations have `bin` and `lib`
    side by side. What else is in a user's own folders is nobody's business.
    """
    folder = program.parent
    private = {Path.home(), Path.home() / ".local"}
    if folder.name == "shims" or (folder.name == "bin" and (folder.parent / "lib").is_dir()):
        return folder if folder.parent in private else folder.parent
    return folder


def check(program: Program, why: str, search: str | None = None) -> tuple[str, str]:
    """The path and version of a program.

    Args:
        program: What is needed.
        why: Who needs it.
        search: The PATH to search; the user's own unless given.

    Raises:
        HarnessError: It is missing, too old, or does not tell its version.
    """
    needed = f"{program.name} {program.minimum} or newer" if program.minimum else program.name
    remedy = program.install or f"install {needed}"
    path = shutil.which(program.name, path=search)
    if path is None:
        raise HarnessError(f"{program.name} is not on the PATH; {why}", remedy)
    path = os.path.abspath(path)  # noqa: PTH100  (a link's own name may matter: busybox)
    version = ask(path, program, remedy)
    if program.minimum and not at_least(version, program.minimum):
        raise HarnessError(f"{path} is {version}; {needed} is needed: {why}", remedy)
    return path, version


def ask(path: str, program: Program, remedy: str) -> str:
    """The version that a program tells.

    Raises:
        HarnessError: It tells none.
    """
    doing = f"asking for {program.name}'s version"
    said = run([path, *program.version], doing=doing, timeout=ASKING, errors=True)
    version = version_in(said)
    if version is None:
        printed = said.strip()[:80]
        message = f"{path} {' '.join(program.version)} tells no version; it printed {printed!r}"
        raise HarnessError(message, remedy)
    return version


def version_in(text: str) -> str | None:
    """The first version that stands in a text: numbers with dots, or else a number by itself."""
    found = re.search(r"\d+(?:\.\d+)+", text) or re.search(r"(?<![\w.+-])\d+(?![\w.+-])", text)
    return found[0] if found else None


def at_least(version: str, minimum: str) -> bool:
    """Whether a version of numbers and dots is a minimum, or newer."""
    given, needed = ([int(part) for part in text.split(".")] for text in (version, minimum))
    length = max(len(given), len(needed))
    return given + [0] * (length - len(given)) >= needed + [0] * (length - len(needed))
