"""A cell's sample: its client's template, filled with its scenario."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from harness.model.problem import InvalidError, Problem
from harness.render.comment import comment
from harness.render.literal import literal
from harness.render.template import blocks, environment, fill

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

    from harness.model.cell import Cell


def render(cell: Cell) -> str:
    """The text that is published for a cell; the same cell always gives the same text.

    A template sees `scenario`, `operation`, `endpoint`, `client`, `model` (its name) and `url`
    (where the call goes), and has two filters of ours: `literal` writes a value as the language
    does, `comment` a text as comment lines.

    Raises:
        InvalidError: The template is wrong, or no sample of this client can carry the scenario.
    """
    client = cell.client
    text = fill(
        _environment(), client.template, client.template_file or client.file, **_given(cell)
    )
    size, limit = len(text.encode()), client.max_bytes
    if limit is not None and size > limit:
        problem = Problem(
            file=cell.scenario.file,
            message=f"the {client.title} sample would be {size:,} bytes long; "
            f"{limit:,} are the most that can run",
            hint="shorten the scenario's messages",
        )
        raise InvalidError([problem])
    return text


def regions(cell: Cell) -> dict[str, str]:
    """The parts of a cell's sample that its template marks, as `{% block request %}`.

    The sample itself carries no mark of them, and they move with the code that they are made of.

    Raises:
        InvalidError: As rendering does.
    """
    render(cell)  # tells what is wrong, with its line
    return blocks(_environment(), cell.client.template, **_given(cell))


def _given(cell: Cell) -> dict[str, Any]:
    return {
        "scenario": cell.scenario,
        "operation": cell.operation,
        "endpoint": cell.endpoint,
        "client": cell.client,
        "model": cell.model,
        "url": cell.endpoint.url.rstrip("/") + cell.operation.path,
    }


@cache
def _environment() -> Environment:
    from jinja2 import StrictUndefined, pass_context

    @pass_context
    def spelled(context: Context, value: Any) -> str:
        if isinstance(value, StrictUndefined):
            str(value)  # raises, and names what is undefined
        return literal(value, context["client"].literals, file=context["scenario"].file)

    return environment({"literal": spelled, "comment": comment})
