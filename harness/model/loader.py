"""The one loader for everything that people edit.

YAML 1.2 with marks, then a JSON Schema: every problem of a file is collected, each with its line
and field, so that one look mends them all.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.model import files, jsonvalue
from harness.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jsonschema import ValidationError

Place = tuple[str | int, ...]
Found = TypeVar("Found")

NEAR = 0.65
"""How much two names must share to be taken for one another; of three letters in six, many do."""

SHOWN_NAME, SHOWN_TEXT = 80, 300
"""Characters of a name, and of what is said of it, that a message shows."""

SHOWN_HINTS = 20
"""Keys of one mapping for which it is looked up what else may have been meant."""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The data of a file, with the line of everything in it."""

    file: str
    data: Any
    lines: dict[Place, int]
    unread: frozenset[Place] = frozenset()
    """Where `None` stands for what could not be read: that has been told, and is no second fault."""

    def find(self, place: Place, kind: type[Found]) -> Found | None:
        """What stands at a place, if it is of that type; a file with problems may hold anything."""
        value = self.data
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value if isinstance(value, kind) else None

    def problem(self, place: Place, message: str, hint: str = "") -> Problem:
        """A problem at a place in the data."""
        while place not in self.lines and place:
            place = place[:-1]
        line = self.lines.get(place, 0)
        return Problem(
            file=self.file, line=line, field=field_name(place), message=message, hint=hint
        )


def load(path: Path, name: str, schema: str, problems: list[Problem]) -> Loaded | None:
    """Read a YAML file and hold it against a schema.

    Args:
        path: The file.
        name: Its path as the user would type it, from the root that it must not lead out of.
        schema: The schema's name, in the `schemas` folder.
        problems: Takes what is wrong.

    Returns:
        The file's data, which may still have problems, or `None` if it cannot be read at all.
    """
    loaded = read(path, name, problems)
    if loaded is not None:
        problems.extend(violations(loaded, schema_of(schema)))
    return loaded


def read(path: Path, name: str, problems: list[Problem]) -> Loaded | None:
    """Read a YAML file into plain data with line numbers; what is wrong goes to `problems`."""
    from harness.model.yamltext import NotYamlError, parse

    try:
        text = files.read(path, files.above(path, name)).decode("utf-8")
    except FileNotFoundError:
        problems.append(Problem(file=name, message="this file is missing"))
        return None
    except OSError as error:
        problems.append(Problem(file=name, message=f"cannot be read: {error.strerror}"))
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(Problem(file=name, line=line, message="this is not UTF-8"))
        return None

    def complain(line: int, place: Place, message: str) -> None:
        problems.append(Problem(file=name, line=line, field=field_name(place), message=message))

    try:
        data, lines, unread = parse(text, complain)
    except NotYamlError as error:
        problems.append(Problem(file=name, line=error.line, message=error.message))
        return None
    if data is None and not unread:
        problems.append(Problem(file=name, message="this file is empty"))
        return None
    return Loaded(file=name, data=data, lines=lines, unread=unread)


@cache
def schema_of(name: str) -> dict[str, Any]:
    """A schema shipped with this package."""
    text = resources.files("harness.model.schemas").joinpath(f"{name}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def violations(
    loaded: Loaded, schema: dict[str, Any], at: Place = (), *, foreign: bool = False
) -> Iterator[Problem]:
    """What the data, or the part of it at a place, has against a JSON Schema (2020-12).

    Args:
        loaded: The data.
        schema: What it is held against.
        at: Where the part is; all of it, if nowhere.
        foreign: Whether the schema is a project's.
    """
    from referencing.exceptions import Unresolvable

    from harness.model.validator import errors

    data = loaded.data
    for step in at:
        data = data[step]
    try:
        for error in errors(schema, data, foreign=foreign):
            place = (*at, *error.absolute_path)
            if place not in loaded.unread:
                yield from _explain(loaded, place, error)
    except RecursionError:
        yield loaded.problem(at, "cannot be held against its schema: one of them has no end")
    except Unresolvable as error:
        yield loaded.problem(at, f"cannot be held against its schema: there is no {error.ref}")


def schema_problems(loaded: Loaded, at: Place) -> Iterator[Problem]:
    """What is wrong with a JSON Schema that stands in a file."""
    from harness.model.validator import META_SCHEMA, loose_references, unbounded

    # The meta-schema is made of parts, which may say the same of one place.
    found = dict.fromkeys(violations(loaded, META_SCHEMA, at))
    yield from found
    schema: Any = loaded.data
    for step in at:
        schema = schema[step]
    if not found:
        for place, why in loose_references(schema):
            yield loaded.problem((*at, *place), why)
        for place, why in unbounded(schema):
            yield loaded.problem((*at, *place), why)


def _explain(loaded: Loaded, place: Place, error: ValidationError) -> Iterator[Problem]:
    rule: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        listed = f"known here: {', '.join(known)}"
        for index, name in enumerate(name for name in value if name not in known):
            # Nobody reads the hints of so many, and to look for what is near takes its time.
            hint = near(name, known) or listed if index < SHOWN_HINTS else ""
            yield loaded.problem((*place, name), "this key is not known", hint)
    elif error.validator == "required":
        for name in [name for name in rule if name not in value]:
            problem = loaded.problem(place, f"the key {name!r} is missing")
            # `required` reports each missing key by itself; take only the one it names.
            if error.message.startswith(repr(name)):
                yield problem
    else:
        yield loaded.problem(
            place, f"expected {_expected(error)}; received {jsonvalue.show(value)}", _near(error)
        )


def _expected(error: ValidationError) -> str:
    rule: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "type":
            names = rule if isinstance(rule, list) else [rule]
            return " or ".join(_article(name) for name in names)
        case "enum":
            return "one of " + ", ".join(json.dumps(item) for item in rule)
        case "const":
            return json.dumps(rule)
        case "minLength":
            return "a text that is not empty" if rule == 1 else f"at least {rule} characters"
        case "minItems":
            return f"at least {rule} item{'s' if rule > 1 else ''}"
        case "minimum":
            return f"at least {rule}"
        case "maximum":
            return f"at most {rule}"
        case "pattern":
            return str(schema.get("description", f"a text that matches {rule}"))
        case "anyOf" if error.context and "description" not in schema:
            return " or ".join(dict.fromkeys(map(_expected, error.context)))
        case _:
            return _described(error)[:SHOWN_TEXT]


def _described(error: ValidationError) -> str:
    """What a schema says of itself, or else the library of it."""
    if error.validator == "format" and error.validator_value == "regex":
        return f"a regular expression: {error.cause}"
    schema: Any = error.schema  # `false` is one, too
    return str(schema.get("description", error.message) if schema else error.message)


def _near(error: ValidationError) -> str:
    """What may have been meant, where only some values are allowed."""
    rules = [error, *(error.context or ())]
    allowed = [one for rule in rules if rule.validator == "enum" for one in rule.validator_value]
    if not isinstance(error.instance, str):
        return ""
    return near(error.instance, [one for one in allowed if isinstance(one, str)])


def _article(name: str) -> str:
    words = {"object": "a mapping", "array": "a list", "string": "a text", "null": "nothing"}
    return words.get(name, f"an {name}" if name[0] in "aeiou" else f"a {name}")


def near(name: str, known: list[str]) -> str:
    """A suggestion for a mistyped name, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=3, cutoff=NEAR)
    return f"did you mean {' or '.join(close)}?" if close else ""


def field_name(place: Place) -> str:
    """A place in the data as people write it: `messages[1].role`."""
    text = ""
    for step in place:
        name = str(step) if len(str(step)) <= SHOWN_NAME else f"{str(step)[:SHOWN_NAME]}…"
        text += f"[{step}]" if isinstance(step, int) else f".{name}" if text else name
    return text
