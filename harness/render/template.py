"""Jinja templates, with errors that name the template's file and line."""

from __future__ import annotations

from functools import cache, lru_cache
from inspect import currentframe
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from harness.model.loader import near
from harness.model.problem import InvalidError, Problem
from harness.render import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jinja2 import Environment, StrictUndefined, Template
    from jinja2.nodes import Template as TemplateNode
    from jinja2.runtime import Context

    Block = Callable[[Context], Iterator[str]]

DATA = (str, int, float, list, tuple, dict, set, frozenset, range)
"""Types of plain values, whose methods change nothing."""

WRONG = (
    *(
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        MemoryError,
        NotImplementedError,
    ),
    *(RecursionError, SyntaxError, TypeError, ValueError, limits.TimeUpError),
)
"""What a template can bring about, besides Jinja's own errors."""

SAID: dict[type[BaseException], str] = {
    MemoryError: "filling it takes too much memory",
    RecursionError: "it goes on within itself without end",
}
"""In words, where the error has none that help."""

TEMPLATE = "<template>"
"""What Jinja calls a template's file in a traceback."""


def environment(filters: Mapping[str, Callable[..., str]]) -> Environment:
    """How templates are read: strictly, line by line, and with nothing escaped but by our filters.

    A template is data of the project's: it sees values, and reaches nothing else of this process.
    """
    from harness.render import bounded

    # What is written is no HTML.
    made = _sandboxed()(
        undefined=_undefined(), keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {**filters, bounded.NAME: bounded.bounded}
    return made


@cache
def _sandboxed() -> type[Environment]:
    """What templates may use of values: fields, and methods of plain data and of Jinja's own things."""
    from jinja2 import Undefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from harness.render import bounded

    class Sandboxed(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**"})

        def _generate(self, source: TemplateNode, *given: Any, **options: Any) -> str:
            return super()._generate(bounded.Bounding().visit(source), *given, **options)

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            limits.binary(operator, left, right)
            return super().call_binop(context, operator, left, right)

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            known = isinstance(obj, (Struct, *DATA)) or _is_jinjas(obj)
            return known and super().is_safe_attribute(obj, attr, value)

        def is_safe_callable(self, obj: Any) -> bool:
            if isinstance(obj, Undefined):
                return True  # to call it tells what is not there
            owner = getattr(getattr(obj, "__wrapped__", obj), "__self__", None)
            own = isinstance(owner, (Struct, *DATA)) or _is_jinjas(owner)
            given = getattr(obj, "is_for_templates", False) or _is_jinjas(obj)
            jinja = any(obj is one for one in self.globals.values())
            return (own or given or jinja) and super().is_safe_callable(obj)

    return Sandboxed


def _is_jinjas(value: Any) -> bool:
    return type(value).__module__.startswith("jinja2.")


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
        with limits.limited():
            pieces, size = [], 0
            for piece in _compiled(reading, text).generate(**values):
                pieces.append(piece)
                size += len(piece)
                if size > limits.MOST_TEXT:
                    return _too_long(file)
            return "".join(pieces)
    except TemplateSyntaxError as error:
        raise _fault(file, error.lineno, error) from error
    except (TemplateError, *WRONG) as error:
        raise _fault(file, _line(error), error) from None


def _too_long(file: str) -> str:
    message = f"the template is wrong: it makes more than {limits.MOST_TEXT:,} characters"
    raise InvalidError([Problem(file=file, message=message)])


def _line(error: BaseException) -> int:
    """The line of the template at which it went wrong; 0 if that was before it was filled."""
    found = 0
    for frame, line in walk_tb(error.__traceback__):
        if frame.f_code.co_filename == TEMPLATE:
            template = frame.f_globals.get("__jinja_template__")  # Jinja has not told the line yet
            found = template.get_corresponding_lineno(line) if template else line
    return found


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
    with limits.limited():
        for _ in template.root_render_func(context):
            pass
    return {name: "".join(pieces) for name, pieces in found.items()}


def _fault(file: str, line: int, error: BaseException) -> InvalidError:
    said = SAID.get(type(error)) or str(error) or type(error).__name__
    return InvalidError([Problem(file=file, line=line, message=f"the template is wrong: {said}")])


@lru_cache(maxsize=64)
def _compiled(reading: Environment, text: str) -> Template:
    return reading.from_string(text)
