"""What a verdict rests on: the files, besides the sample itself, that decide how a cell ends."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.model.files import read

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model.cell import Cell


def files(cell: Cell) -> tuple[str, ...]:
    """Their paths from the project's root: what is asked, what answers, and how the client runs.

    The lock stands for the packages: it is the same on every machine.
    """
    folder, lock = PurePosixPath(cell.client.file).parent, cell.client.toolchain.lock
    return (
        cell.scenario.file,
        f"samples/operations/{cell.operation.name}.yaml",
        f"samples/recordings/{cell.scenario.name}.yaml",
        cell.client.file,
        *([str(folder / lock)] if lock else []),
    )


class Digests:
    """SHA-256 of a project's files as they are now, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, str | None] = {}

    def of(self, path: str) -> str | None:
        """One file's, in hexadecimal; `None` if it cannot be read."""
        if path not in self._known:
            try:
                self._known[path] = hashlib.sha256(read(self._root / path, self._root)).hexdigest()
            except OSError:
                self._known[path] = None
        return self._known[path]

    def basis(self, cell: Cell) -> dict[str, str]:
        """Of every file that a cell's verdict rests on; one that cannot be read is left out."""
        return {path: digest for path in files(cell) if (digest := self.of(path))}
