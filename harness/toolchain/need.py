"""What one client needs, and what was found or installed for it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.model import files
from harness.model.client import Client
from harness.model.problem import InvalidError, Problem
from harness.toolchain.cache import toolchains
from harness.toolchain.version import Ask, ask_openly


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """One client's need for a toolchain."""

    client: Client
    root: Path
    """The project."""
    folder: Path
    """The client's, with its lock."""
    state: Path
    """The project's."""
    announce: Callable[[str], None]
    """Told of every step that takes long, in plain words."""
    node: str | None = None
    """The Node version that was asked for, if any."""
    ask: Ask = ask_openly
    """How programs are asked for their version."""

    @property
    def toolchains(self) -> Path:
        """Where what is installed lies, for all projects."""
        return toolchains(self.state)

    def read(self, name: str) -> bytes:
        """A file of the client's folder.

        Raises:
            InvalidError: It is not there or cannot be read.
        """
        try:
            path = self.folder / name
            return files.read(path, files.above(path, self.shown(name)))
        except OSError as error:
            raise InvalidError(
                [Problem(file=self.shown(name), message=f"cannot be read: {error.strerror}")]
            ) from error

    def shown(self, name: str) -> str:
        """The path of a file of the client's folder, as the user would type it."""
        return f"{Path(self.client.file).parent.as_posix()}/{name}"

    @property
    def lock(self) -> str:
        """The name of the file that pins the packages."""
        return self.client.toolchain.lock or ""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample's process is made of."""

    words: dict[str, str]
    """For the placeholders in the client's `run`: absolute paths of programs."""
    path: tuple[str, ...] = ()
    """Folders for the sample's PATH."""
    beside: dict[str, str] = {}
    """By name: what must be linked beside a sample that lies elsewhere than in its client's folder."""
    versions: dict[str, str] = {}
    """Of the runtime, the libraries and the programs."""
    libraries: tuple[str, ...] = ()
    """Folders that the runtime reads."""
    installed: dict[str, str] = {}
    """By folder that was made for it: the part of it that samples use, or nothing for all of it."""


def identity(path: str | None) -> str:
    """What tells one program on disk from another, without starting it."""
    if path is None:
        return "none"
    real = os.path.realpath(path)
    try:
        status = Path(real).stat()
    except OSError:
        return f"{real} is gone"
    return f"{path} {real} {status.st_mtime_ns} {status.st_size}"


def fingerprint(*parts: str | bytes) -> str:
    """A hash over parts, in hexadecimal, that no two lists of parts share."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()
