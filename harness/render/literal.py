"""A JSON value as a language's source text, by the rules that its client's `client.yaml` gives.

A language differs from the next in a few words and in how it quotes; both are data. A character
stands as it is if it can be seen (`str.isprintable`), so that text in any script stays readable;
one that cannot be seen, and one that the language reads as something else, is spelled.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.model.jsonvalue import uncarriable
from harness.model.problem import InvalidError, Problem

if TYPE_CHECKING:
    from harness.model.client import Brackets, Literals, StringRule


def literal(value: Any, rules: Literals, *, file: str = "", path: str = "$") -> str:
    """Write a value as a language writes it.

    Args:
        value: Anything that JSON can hold (RFC 8259).
        rules: The language's spellings.
        file: The file that the value comes from, for messages.
        path: The value's place in it, for messages.

    Raises:
        InvalidError: Neither JSON nor this language can carry the value.
    """
    return _Writer(rules, file).value(value, path)


class _Writer:
    def __init__(self, rules: Literals, file: str) -> None:
        self.rules = rules
        self.file = file

    def value(self, value: Any, path: str) -> str:
        if trouble := uncarriable(value):
            raise self.refusal(path, trouble)
        match value:
            case None:
                return self.rules.null
            case bool():
                return self.rules.true if value else self.rules.false
            case int() | float():
                return json.dumps(value)
            case str():
                return self.string(value, path)
            case list() | tuple():
                items = (self.value(item, f"{path}[{i}]") for i, item in enumerate(value))
                return _enclose(self.rules.list, items)
            case dict():
                pairs = (self.pair(name, item, path) for name, item in value.items())
                return _enclose(self.rules.object, pairs)
        raise self.refusal(path, f"expected a JSON value; received a {type(value).__name__}")

    def pair(self, name: Any, value: Any, path: str) -> str:
        if not isinstance(name, str):
            raise self.refusal(path, f"expected names that are text; received {name!r}")
        place = f"{path}[{json.dumps(name)}]"
        rule = self.rules.object
        spelled = rule.names.get(name) or self.value(name, place)
        return f"{spelled}{rule.pair}{self.value(value, place)}"

    def string(self, text: str, path: str) -> str:
        rule = self.rules.string
        pieces = []
        for char in text:
            spelled = _spell(char, rule)
            if spelled is None:
                raise self.refusal(
                    path,
                    f"the client has no spelling for U+{ord(char):04X}",
                    "give it one in client.yaml, under literals.string",
                )
            pieces.append(spelled)
        return f"{rule.open}{''.join(pieces)}{rule.close}"

    def refusal(self, path: str, message: str, hint: str = "") -> InvalidError:
        field = path.removeprefix("$").removeprefix(".")
        return InvalidError([Problem(file=self.file, field=field, message=message, hint=hint)])


def _spell(char: str, rule: StringRule) -> str | None:
    if char in rule.escapes:
        return rule.escapes[char]
    if char.isprintable():
        return char
    point = ord(char)
    for spelling in rule.others:
        if point <= spelling.up_to:
            return spelling.form.format(point, *_halves(point))
    return None


def _halves(point: int) -> tuple[int, int]:
    """A code point's UTF-16 surrogates, which mean nothing for one that needs none (RFC 2781)."""
    high, low = divmod(max(point - 0x10000, 0), 0x400)
    return 0xD800 + high, 0xDC00 + low


def _enclose(rule: Brackets, items: Any) -> str:
    return f"{rule.open}{rule.separator.join(items)}{rule.close}"
