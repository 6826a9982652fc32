"""The name under which an outcome is remembered: a hash over all that could have changed it.

What cannot matter is left out by name, so that whatever is added to a scenario, an operation or a
client counts until somebody says that it does not. Other samples that stand beside a sample count
only if its run opened them (`harness.memory.neighbours`).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from harness.memory.installation import outside
from harness.memory.machine import machine, program
from harness.memory.neighbours import marked, stands
from harness.model import files
from harness.model.cell import Cell
from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.toolchain.ready import Ready

FORMAT = 2
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

SETTINGS = "client.yaml"
"""What stands beside samples and is no part of a run; the client's template is another."""


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """How the cells of a call are run."""

    mode: str = "replay"
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
            samples: The paths of the project's samples. As a rule none reads another.
        """
        self._root = root
        self._toolchains = toolchains
        self._circumstances = circumstances
        self._samples = frozenset(str(root / path) for path in samples)
        self._program, self._machine = program(), machine()
        self._encode = msgspec.msgpack.Encoder(order="deterministic").encode
        self._parts: dict[tuple[str, bool, int], tuple[Any, bytes]] = {}
        self._outside: dict[str, bytes | None] = {}

    def of(self, cell: Cell) -> str | None:
        """A cell's key, in hexadecimal; `None` if its outcome can rest on nothing that lasts.

        A sample that is rendered when it runs is named by what it is rendered from.
        """
        ready = self._toolchains.get(cell.client.name)
        if ready is None or isinstance(ready, HarnessError) or cell.recording is None:
            return None
        if cell.client.name not in self._outside:
            self._outside[cell.client.name] = outside(ready, self._root)
        installations = self._outside[cell.client.name]
        if installations is None:
            return None
        parts: list[bytes] = [
            str(FORMAT).encode(),
            self._program,
            self._machine,
            self._encode(self._circumstances),
            ready.digest.encode(),
            installations,
            *(self._part(name, cell) for name in FIELDS),
        ]
        try:
            parts += self._files(cell, ready)
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

    def beyond(self, cell: Cell, opened: Iterable[str]) -> list[str]:
        """Of the files that a cell's run has opened, those of which its key knows no more than the name.

        Args:
            cell: The cell.
            opened: Paths in the folders that its run was shown.
        """
        folder, by_chance = os.path.realpath(self._folder(cell)), self._by_chance(cell)
        found = []
        for path in opened:
            place, name = os.path.split(path)
            own = name == Path(cell.path).name
            if os.path.realpath(place) != folder:
                # Where a sample runs elsewhere, its own text is what is known, or made of it.
                found += [] if own else [path]
            elif str(self._folder(cell) / name) in by_chance:
                found.append(path)
        return found

    def _by_chance(self, cell: Cell) -> frozenset[str]:
        """Files beside a cell's sample that count only if its run opens them."""
        folder = self._folder(cell)
        others = {str(folder / SETTINGS), str(folder / Path(cell.client.template_file).name)}
        return (self._samples | others) - {self._own(cell)}

    def names(self, cell: Cell, sha256: str | None) -> bool:
        """Whether a cell's key is of a sample with this checksum, and not of what stood there before."""
        own = self._own(cell)
        return not own or hashlib.sha256(files.read(Path(own), self._root)).hexdigest() == sha256

    def _own(self, cell: Cell) -> str:
        """The sample's own file, if it has one before it runs."""
        return str(self._root / cell.path) if cell.committed else ""

    def _folder(self, cell: Cell) -> Path:
        return (self._root / cell.client.file).parent

    def _files(self, cell: Cell, ready: Ready) -> list[bytes]:
        """A committed sample's bytes, and what any sample of its client can find in its folder."""
        folder = self._folder(cell)
        left_out = {str(folder / name) for name in ready.beside} | self._by_chance(cell)
        found = stands(str(folder), left_out)
        return [marked(self._own(cell)), *found] if cell.committed else found
