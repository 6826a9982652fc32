"""Snippets: what pages ask of samples, and what they are given."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from textwrap import dedent
from typing import TYPE_CHECKING

import msgspec

from harness.model.loader import near
from harness.model.problem import invalid
from harness.model.selector import select
from harness.pages.proof import RENDER, Gate, Unproven
from harness.render.sample import regions, render
from harness.render.stale import WHY

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model.cell import Cell
    from harness.model.project import Project


SIGN = re.compile(rb"s[ni]{2}p", re.IGNORECASE)
"""In every marker, also in most that are misspelt. A page without it need not be read."""


class SnippetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a marker asks for."""

    sample: str
    """`python/basic`, `*/basic`, or `python/basic@Phi-3-mini-4k-instruct`."""
    model: str | None = None
    region: str | None = None
    """A block of the clients' templates; all of the sample if not given."""


class Snippet(msgspec.Struct, frozen=True, kw_only=True):
    """A sample, or a region of one, as a page shows it."""

    client: str
    label: str
    """The client's name for readers."""
    fence: str
    """The info string's first word: the language."""
    code: str


Snippets = Callable[[SnippetRequest], Sequence[Snippet]]
"""Gives the samples that a marker asks for.

Raises:
    InvalidError: There are none. A problem without a file is told with the marker's file and line.
"""


class Published:
    """A project's samples, given to pages as long as they may be published."""

    def __init__(self, root: Path, project: Project) -> None:
        """Read the project's receipts.

        Raises:
            HarnessError: They cannot be read.
        """
        self._root = root
        self._project = project
        self._gate = Gate(root)
        self.unproven: dict[str, Unproven] = {}
        """By cell: those that pages ask for, and that may not be published."""

    def __call__(self, request: SnippetRequest) -> list[Snippet]:
        """The samples that a marker asks for; also those that are found not to be proven.

        Raises:
            InvalidError: There are none, or they have no such region.
        """
        return [
            Snippet(
                client=cell.client.name,
                label=cell.client.title,
                fence=cell.client.fences[0],
                code=self._part(cell, request.region) if request.region else self._text(cell),
            )
            for cell in self._cells(request)
        ]

    def _cells(self, request: SnippetRequest) -> list[Cell]:
        sample, _, model = request.sample.partition("@")
        if model and request.model:
            raise invalid("the model is named twice, after @ and as an option")
        model = model or request.model or self._project.catalog.default_model
        known = list(self._project.catalog.models)
        if model not in known:
            hint = near(model, known) or f"known: {', '.join(known)}"
            raise invalid(f"there is no model {model!r}", hint=hint)
        return select(self._project, self._root, [sample], models=[model])

    def _text(self, cell: Cell) -> str:
        looked, wanted = self._gate.look(cell), render(cell)
        if isinstance(looked, Unproven):
            self.unproven[cell.id] = looked
        elif looked.text != wanted:
            self.unproven[cell.id] = Unproven(name=cell.path, why=WHY["differs"], remedy=RENDER)
        return wanted

    def _part(self, cell: Cell, name: str) -> str:
        self._text(cell)
        found = regions(cell)
        if name not in found:
            hint = near(name, list(found)) or f"known: {', '.join(found) or 'none'}"
            raise invalid(f"{cell.client.template_file} has no block {name!r}", hint=hint)
        if not found[name].strip():
            raise invalid(f"the region {name!r} of {cell.id} is empty")
        return dedent(found[name]).strip("\n") + "\n"
