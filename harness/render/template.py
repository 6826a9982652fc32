"""Jinja templates, with errors that name the template's file and line."""

from __future__ import annotations

from functools import cache, lru_cache
from inspect import currentframe
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from harness.model.loader import near
from harness.model.problem import InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jinja2 import Environment, StrictUndefined, Template
    from jinja2.runtime import Context

    Block = Callable[[Context], Iterator[str]]

TEMPLATE = "<template>"
"""What Jinja calls a template's file in a traceback."""


def environment(filters: Mapping[str, Callable[..., str]]) -> Environment:
    """How templates are read: strictly, line by line, and with nothing escaped but by our filters."""
    from jinja2 import Environment

    # What is written is no HTML.
    made = Environment(  # noqa: S701
        undefined=_undefined(), keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= filters
    return made


@cache
def _undefined() -> type[StrictUndefined]:
    """What a template asks for that is not there, told in the words of templates."""
    from jinja2 import StrictUndefined

    class Undefined(StrictUndefined):
        @property
        def _undefined_message(self) -> str:
            owner, name = self._undefined_obj, self._undefined_name
            if self._undefined_hint or not isinstance(owner, Struct) or not isinstance(name, str):
                return super()._undefined_message
            known = [one for one in dir(owner) if one[0] != "_"]
            hint = near(name, known) or f"it has {', '.join(known)}"
            return f"a {type(owner).__name__.lower()} has no {name!r}; {hint}"

    return Undefined


def fill(reading: Environment, text: str, file: str, **values: Any) -> str:
    """Fill a template.

    Args:
        reading: As `environment` gives it.
        text: The template's.
        file: Where it stands, for messages.
        values: What it sees.

    Raises:
        InvalidError: The template is wrong.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return _compiled(reading, text).render(**values)
    except TemplateSyntaxError as error:
        raise _fault(file, error.lineno, error) from error
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        frames = walk_tb(error.__traceback__)
        lines = [line for frame, line in frames if frame.f_code.co_filename == TEMPLATE]
        raise _fault(file, lines[-1] if lines else 0, error) from error


def line_of_call() -> int:
    """The line of the template that has called the caller; 0 if none has."""
    frame = currentframe()
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if template is not None and frame.f_code.co_filename == TEMPLATE:
            line: int = template.get_corresponding_lineno(frame.f_lineno)
            return line
        frame = frame.f_back
    return 0


def blocks(reading: Environment, text: str, **values: Any) -> dict[str, str]:
    """What each `{% block %}` of a template gives where it stands, in a template that can be filled.

    Args:
        reading: As `environment` gives it.
        text: The template's.
        values: What it sees.
    """
    template = _compiled(reading, text)
    context = template.new_context(values)
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


def _fault(file: str, line: int, error: Exception) -> InvalidError:
    said = str(error) or type(error).__name__
    return InvalidError([Problem(file=file, line=line, message=f"the template is wrong: {said}")])


@lru_cache(maxsize=64)
def _compiled(reading: Environment, text: str) -> Template:
    return reading.from_string(text)
