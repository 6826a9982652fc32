"""The name under which an outcome is remembered: a hash over all that could have changed it.

What cannot matter is left out by name, so that whatever is added to a scenario, an operation or a
client counts until somebody says that it does not.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from harness.memory.machine import machine, program
from harness.model.cell import Cell
from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.toolchain.ready import Ready

FORMAT = 1
"""Of the entries; one of another format is not found."""

IRRELEVANT = {
    "client": {
        *("title", "library", "fences", "install"),
        *("template", "template_file", "literals", "max_bytes", "reserved"),
    },
    "scenario": {"title", "summary", "expect", "file"},
    "operation": {"title", "roles", "parameters"},
    "endpoint": {"title", "deprecated", "retired", "successor", "note"},
    "recording": {"file", "provenance"},
}
"""By kind: what is there for people, for live answers, or to make the sample's text with.

No run looks at it, and no check: the text itself is read. Where it is rendered only when it runs,
nothing is left out of what a template sees.
"""

FIELDS = tuple(name for name in Cell.__struct_fields__ if name != "id")
"""Of a cell. Its name is made of others."""

UNREAD = {"client.yaml", "__pycache__"}
"""What stands beside samples and is no part of a run; the client's template is another."""


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """How the cells of a call are run."""

    mode: str = "replay"
    sealed: bool
    isolation: str
    limit_s: float
    hosts: tuple[str, ...]
    """Names that lead to the gateway."""


class Keys:
    """Names cells by what their outcome rests on."""

    def __init__(
        self,
        root: Path,
        toolchains: Mapping[str, Ready | HarnessError],
        circumstances: Circumstances,
        samples: Sequence[str],
    ) -> None:
        """Take what the cells of a call share.

        Args:
            root: The project's root.
            toolchains: By client: what its samples need.
            circumstances: How they are run.
            samples: The paths of the project's samples. No sample reads another.
        """
        self._root = root
        self._toolchains = toolchains
        self._circumstances = circumstances
        self._samples = frozenset(str(root / path) for path in samples)
        self._program, self._machine = program(), machine()
        self._encode = msgspec.msgpack.Encoder(order="deterministic").encode
        self._parts: dict[tuple[str, bool, int], tuple[Any, bytes]] = {}

    def seal(self, *, sealed: bool) -> None:
        """Name what runs sealed, or unsealed, from now on."""
        self._circumstances = msgspec.structs.replace(self._circumstances, sealed=sealed)

    def of(self, cell: Cell) -> str | None:
        """A cell's key, in hexadecimal; `None` if its outcome can rest on nothing that lasts.

        A sample that is rendered when it runs is named by what it is rendered from.
        """
        ready = self._toolchains.get(cell.client.name)
        if ready is None or isinstance(ready, HarnessError) or cell.recording is None:
            return None
        parts: list[bytes] = [
            str(FORMAT).encode(),
            self._program,
            self._machine,
            self._encode(self._circumstances),
            ready.digest.encode(),
            *(self._part(name, cell) for name in FIELDS),
        ]
        if cell.committed:
            try:
                parts += self._bytes(cell)
            except OSError:
                return None
        total = hashlib.sha256()
        for part in parts:
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
        return total.hexdigest()

    def _part(self, name: str, cell: Cell) -> bytes:
        """What counts of one of a cell's values."""
        value = getattr(cell, name)
        if name not in IRRELEVANT:
            return self._encode(value)
        # A template sees all but the recording.
        left_out = IRRELEVANT[name] if cell.committed or name == "recording" else set[str]()
        known = (name, cell.committed, id(value))
        if known not in self._parts:
            fields = msgspec.structs.asdict(value)
            counting = {name: field for name, field in fields.items() if name not in left_out}
            # Many cells share a value. It stands beside its hash, so that no other is ever at its
            # address.
            self._parts[known] = value, hashlib.sha256(self._encode(counting)).digest()
        return self._parts[known][1]

    def _bytes(self, cell: Cell) -> list[bytes]:
        """A committed sample's bytes, and what it could find beside itself."""
        sample = self._root / cell.path
        unread = {*UNREAD, Path(cell.client.template_file).name}
        return [_contents(str(sample)), *self._beside(str(sample.parent), unread)]

    def _beside(self, folder: str, unread: set[str]) -> list[bytes]:
        found = []
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name in unread:
                    continue
                found.append(entry.name.encode("utf-8", "surrogateescape"))
                if entry.is_symlink():
                    found.append(os.readlink(entry.path).encode("utf-8", "surrogateescape"))  # noqa: PTH115
                elif entry.is_dir():
                    found += self._beside(entry.path, UNREAD)
                elif entry.path not in self._samples:
                    found.append(_contents(entry.path))
        return found


def _contents(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123
        return hashlib.sha256(file.read()).digest()
