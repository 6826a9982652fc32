"""YAML 1.2 as plain data, with the line of everything in it.

A text is bounded before it is data: how much it holds with every alias written out, and how deep.
A few hundred bytes of aliases of aliases would otherwise fill the machine's memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from harness.model.jsonvalue import uncarriable

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model.loader import Place

MOST_VALUES = 250_000
"""Values and keys of one file, aliases written out."""

MOST_DEPTH = 100
"""Lists and mappings in one another."""

MOST_DIGITS = 400
"""Characters of a number; the largest float has 309 digits before its point."""

SHOWN = 200
"""Characters of what is wrong that a message repeats."""

YAML_TAG = "tag:yaml.org,2002:"
TEXTS = {"str", "timestamp"}
"""A date is text here: it is compared and shown, never counted with."""
NUMBERS = {"int": "an integer", "float": "a number", "bool": "true or false", "null": "null"}


class NotYamlError(Exception):
    """A text is no YAML, or more than anybody means to write."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        """Counted from 1; 0 if it is not known."""
        self.message = message
        super().__init__(message)


def parse(
    text: str, complain: Callable[[int, Place, str], None]
) -> tuple[Any, dict[Place, int], frozenset[Place]]:
    """Read YAML.

    Args:
        text: The text.
        complain: Takes what is wrong with one value: its line, its place, and what it is.

    Returns:
        The data, the line of each place, and the places of what could not be read, where the data
        has `None`.

    Raises:
        NotYamlError: Nothing can be made of it.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = Bounded
    yaml.composer.warn_double_anchors = False  # YAML 1.2, 3.2.2.2: the last one counts
    try:
        root = yaml.compose(text)
        reader = _Reader(yaml.constructor, complain)
        data = reader.value(root, ()) if root is not None else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = str(error.problem or error.context)
        raise NotYamlError(mark.line + 1 if mark else 0, f"not YAML: {why[:SHOWN]}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        # Its documentation says a character; for one beyond the basic plane it is its number.
        code = error.character if isinstance(error.character, int) else ord(error.character)
        raise NotYamlError(line, f"not YAML: it may not hold the character U+{code:04X}") from None
    except YAMLError as error:
        raise NotYamlError(0, f"not YAML: {str(error).splitlines()[0][:SHOWN]}") from None
    except RecursionError:
        raise NotYamlError(1, "nested too deeply") from None
    except (ArithmeticError, AssertionError, AttributeError, LookupError, ValueError) as error:
        # What ruamel.yaml raises where it has not thought of a text.
        raise NotYamlError(0, f"not YAML: {str(error)[:SHOWN]}") from None
    return data, reader.lines, frozenset(reader.unread)


class Bounded(Composer):
    """Makes nodes of a text, but not without end."""

    most = MOST_VALUES
    nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node, with all that is in it.

        Raises:
            ComposerError: That is more, or deeper, than anybody means to write.
        """
        self.nodes += 1
        mark = self.parser.peek_event().start_mark
        if self.nodes > self.most:
            raise ComposerError(None, None, f"more than {self.most} values", mark)
        if self.depth >= MOST_DEPTH:
            raise ComposerError(None, None, f"nested too deeply: more than {MOST_DEPTH}", mark)
        return super().compose_node(parent, index)


class _Reader:
    """Turns YAML nodes into plain data, and remembers where each thing stands."""

    def __init__(self, constructor: Any, complain: Callable[[int, Place, str], None]) -> None:
        self.constructor = constructor
        self.complain = complain
        self.lines: dict[Place, int] = {}
        self.unread: set[Place] = set()
        self._values = 0
        self._inside: list[Any] = []
        """The lists and mappings that hold what is being read."""

    def value(self, node: Any, place: Place) -> Any:
        line = node.start_mark.line + 1
        self._count(line)
        self.lines.setdefault(place, line)
        if node.id == "scalar":
            return self.scalar(node, place)
        if any(one is node for one in self._inside):
            raise NotYamlError(line, "an alias stands within what it names: it is in itself")
        if len(self._inside) >= MOST_DEPTH:
            raise NotYamlError(line, f"nested too deeply: more than {MOST_DEPTH}")
        kind, expected = _kind(node), "map" if node.id == "mapping" else "seq"
        if kind != expected:
            return self.give_up(line, place, f"a tag (!{kind[:SHOWN]}) is not allowed here")
        self._inside.append(node)
        try:
            if node.id == "mapping":
                return self.mapping(node, place)
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        finally:
            self._inside.pop()

    def _count(self, line: int) -> None:
        self._values += 1
        if self._values > MOST_VALUES:
            raise NotYamlError(
                line, f"more than {MOST_VALUES} values, with its aliases written out"
            )

    def mapping(self, node: Any, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if (key := self.key(key_node, line, place)) is None:
                continue
            if key in found:
                first = self.lines[(*place, key)]
                self.complain(line, (*place, key), f"this key stands already in line {first}")
            else:
                self.lines[(*place, key)] = line
                found[key] = self.value(value_node, (*place, key))
        return found

    def key(self, node: Any, line: int, place: Place) -> str | None:
        kind = _kind(node)
        trouble = None
        if kind == "merge":
            trouble = "a merge key (<<) is not read: write out the keys that it stands for"
        elif node.id != "scalar" or kind not in {*TEXTS, *NUMBERS}:
            trouble = "a key must be a plain word"
        else:
            trouble = uncarriable(str(node.value))
        self._count(line)
        if trouble:
            self.complain(line, place, trouble)
        return None if trouble else str(node.value)

    def scalar(self, node: Any, place: Place) -> Any:
        line = node.start_mark.line + 1
        kind, text = _kind(node), str(node.value)
        if kind in TEXTS:
            value: Any = text
        elif kind not in NUMBERS:
            return self.give_up(line, place, f"a tag (!{kind[:SHOWN]}) is not allowed here")
        elif len(text) > MOST_DIGITS:
            received = f"received one of {len(text)} characters"
            return self.give_up(line, place, f"expected {NUMBERS[kind]}; {received}")
        else:
            try:
                value = self.constructor.construct_object(node)
            except (YAMLError, ArithmeticError, LookupError, ValueError):
                received = f"received {text[:SHOWN]!r}"
                return self.give_up(line, place, f"expected {NUMBERS[kind]}; {received}")
        if trouble := uncarriable(value):
            self.complain(line, place, trouble)
        return value

    def give_up(self, line: int, place: Place, message: str) -> None:
        """Tell of a value that cannot be read; nothing stands in its place."""
        self.complain(line, place, message)
        self.unread.add(place)


def _kind(node: Any) -> str:
    return str(node.tag).removeprefix(YAML_TAG)
