"""Snippets: what pages ask of samples, and what they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.model.loader import near
from harness.model.problem import invalid

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model.cell import Cell
    from harness.model.project import Project


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


class Samples:
    """A project's samples, given to pages; remembers which were asked for."""

    def __init__(self, root: Path, project: Project) -> None:
        self._root = root
        self._project = project
        self.cells: dict[str, Cell] = {}
        """By id: the cells that some page shows."""

    def __call__(self, request: SnippetRequest) -> list[Snippet]:
        """The samples that a marker asks for, as their templates give them."""
        from harness.model.selector import select
        from harness.render.region import region
        from harness.render.sample import render

        sample, _, model = request.sample.partition("@")
        if model and request.model:
            raise invalid("the model is named twice, after @ and as an option")
        model = model or request.model or self._project.catalog.default_model
        known = list(self._project.catalog.models)
        if model not in known:
            hint = near(model, known) or f"known: {', '.join(known)}"
            raise invalid(f"there is no model {model!r}", hint=hint)
        cells = select(self._project, self._root, [sample], models=[model])
        self.cells |= {cell.id: cell for cell in cells}
        return [
            Snippet(
                client=cell.client.name,
                label=cell.client.title,
                fence=cell.client.fences[0],
                code=region(cell, request.region) if request.region else render(cell),
            )
            for cell in cells
        ]
