"""Regions: parts of a sample that a page can show alone.

A region is a block of the client's template, `{% block request %}`. So the sample itself carries no
mark, a region is there for every scenario, and it moves with the code that it is made of.
"""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

from harness.model.loader import near
from harness.model.problem import InvalidError, Problem
from harness.render.sample import fill, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2 import Template
    from jinja2.runtime import Context

    from harness.model.cell import Cell

    Block = Callable[[Context], Iterator[str]]


def region(cell: Cell, name: str) -> str:
    """The part of a cell's sample that a block of its template gives, without its indentation.

    Raises:
        InvalidError: There is no such block, it is empty, or the sample cannot be rendered.
    """
    render(cell)  # what is wrong with the template is told with its line
    regions = fill(cell, _regions)
    client = cell.client
    if name not in regions:
        known = list(regions)
        hint = near(name, known) or (f"known: {', '.join(known)}" if known else "")
        message = f"{client.template_file} has no region {name!r}"
        raise InvalidError(
            [Problem(file="", message=message, hint=hint or f"mark one: {{% block {name} %}}")]
        )
    if not regions[name].strip():
        message = f"the region {name!r} of {cell.id} is empty"
        raise InvalidError([Problem(file="", message=message)])
    return dedent(regions[name]).strip("\n") + "\n"


def _regions(template: Template, given: dict[str, Any]) -> dict[str, str]:
    """By block: what it gives where it stands in the sample."""
    context = template.new_context(given)
    found: dict[str, list[str]] = {name: [] for name in context.blocks}

    def noted(block: Block, pieces: list[str]) -> Block:
        def run(context: Context) -> Iterator[str]:
            for piece in block(context):
                pieces.append(piece)
                yield piece

        return run

    for name, (block, *_) in list(context.blocks.items()):
        context.blocks[name] = [noted(block, found[name])]
    for _ in template.root_render_func(context):
        pass
    return {name: "".join(pieces) for name, pieces in found.items()}
