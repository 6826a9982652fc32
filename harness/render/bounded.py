"""Bounds what a template's values hold: lists that hold one another twice grow without taking memory.

To compare such a list, to sort it or to write it is one operation, which goes on for longer than any
time and which nothing interrupts. So whatever makes a container in a template is followed by a filter
that counts what is in it, at every place at which it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

if TYPE_CHECKING:
    from jinja2.nodes import Expr, Node

NAME = "(bounded)"
"""The filter's. A template cannot say it."""

MOST_VALUES = 100_000
"""In one value; the largest in a sample has some hundreds."""

MAKING = (nodes.Add, nodes.Call, nodes.Dict, nodes.Filter, nodes.List, nodes.Mul, nodes.Tuple)
"""Expressions that may make a container."""


def bounded(value: Any) -> Any:
    """A value, if it holds no more than values may.

    Raises:
        OverflowError: It holds more.
    """
    due, count = [value], 0
    while due:
        one = due.pop()
        if isinstance(one, dict):
            inner = [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            inner = list(one)
        else:
            continue
        count += len(inner)
        if count > MOST_VALUES:
            raise OverflowError(f"it makes a value that holds more than {MOST_VALUES:,} others")
        due += inner
    return value


class Bounding(NodeTransformer):
    """Puts the filter behind every expression that may make a container."""

    def visit(self, node: Node, *args: Any, **kwargs: Any) -> Any:
        """The node that stands in a node's place."""
        made = super().visit(node, *args, **kwargs)
        is_target = getattr(made, "ctx", "load") != "load"
        return made if is_target or not isinstance(made, MAKING) else _behind(made)

    def visit_CallBlock(self, node: nodes.CallBlock) -> Node:  # noqa: N802  (Jinja's own name)
        """A block that calls a macro: nothing but a call may stand there, and it gives text."""
        call = node.call
        self.generic_visit(node)
        node.call = self.generic_visit(call)  # type: ignore[assignment]
        return node


def _behind(made: Expr) -> nodes.Filter:
    line, reading = made.lineno, made.environment
    return nodes.Filter(made, NAME, [], [], None, None, lineno=line, environment=reading)
