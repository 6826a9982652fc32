"""A cell's sample: its client's template, filled with its scenario."""

from __future__ import annotations

from functools import cache
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from harness.model.problem import InvalidError, Problem
from harness.render.comment import comment
from harness.render.literal import literal

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from jinja2.runtime import Context

    from harness.model.cell import Cell
    from harness.model.client import Client

TEMPLATE = "<template>"
"""What Jinja calls a template's file in a traceback."""


def render(cell: Cell) -> str:
    """The text that is published for a cell; the same cell always gives the same text.

    A template sees `scenario`, `operation`, `endpoint`, `client`, `model` (its name) and `url`
    (where the call goes), and has two filters of ours: `literal` writes a value as the language
    does, `comment` a text as comment lines.

    Raises:
        InvalidError: The template is wrong, or no sample of this client can carry the scenario.
    """
    from jinja2 import TemplateError

    template = _compiled(cell.client)
    try:
        text = template.render(
            scenario=cell.scenario,
            operation=cell.operation,
            endpoint=cell.endpoint,
            client=cell.client,
            model=cell.model,
            url=cell.endpoint.url.rstrip("/") + cell.operation.path,
        )
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        lines = [n for frame, n in walk_tb(error.__traceback__) if _of_template(frame)]
        raise _template_fault(cell.client, lines[-1] if lines else 0, error) from error
    size, limit = len(text.encode()), cell.client.max_bytes
    if limit is not None and size > limit:
        problem = Problem(
            file=cell.scenario.file,
            message=f"the {cell.client.title} sample would be {size:,} bytes long; "
            f"{limit:,} are the most that can run",
            hint="shorten the scenario's messages",
        )
        raise InvalidError([problem])
    return text


def _of_template(frame: Any) -> bool:
    return bool(frame.f_code.co_filename == TEMPLATE)


def _template_fault(client: Client, line: int, error: Exception) -> InvalidError:
    file = client.template_file or client.file
    said = str(error) or type(error).__name__
    return InvalidError([Problem(file=file, line=line, message=f"the template is wrong: {said}")])


def _compiled(client: Client) -> Template:
    from jinja2 import TemplateSyntaxError

    try:
        return _template(client.template)
    except TemplateSyntaxError as error:
        raise _template_fault(client, error.lineno, error) from error


@cache
def _template(text: str) -> Template:
    return _environment().from_string(text)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined, pass_context

    @pass_context
    def spelled(context: Context, value: Any) -> str:
        if isinstance(value, StrictUndefined):
            str(value)  # raises, and names what is undefined
        return literal(value, context["client"].literals, file=context["scenario"].file)

    # Source text is not HTML: nothing is to be escaped but by our own filters.
    environment = Environment(  # noqa: S701
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"literal": spelled, "comment": comment}
    return environment
