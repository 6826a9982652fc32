"""The one loader for everything that people edit.

YAML 1.2 with marks, then a JSON Schema: every problem of a file is collected, each with its line
and field, so that one look mends them all.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.model import jsonvalue
from harness.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jsonschema import ValidationError

Place = tuple[str | int, ...]
Found = TypeVar("Found")

SAFE_INTEGER = 2**53 - 1
"""Beyond it, JSON numbers lose digits (RFC 8259, section 6)."""

NEAR = 0.65
"""How much two names must share to be taken for one another; of three letters in six, many do."""

YAML_TAG = "tag:yaml.org,2002:"


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The data of a file, with the line of everything in it."""

    file: str
    data: Any
    lines: dict[Place, int]

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
        name: Its path as the user would type it.
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
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = path.read_bytes().decode("utf-8")
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
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.append(
            Problem(
                file=name,
                line=mark.line + 1 if mark else 0,
                message=f"not YAML: {error.problem or error.context}",
            )
        )
        return None
    except RecursionError:
        problems.append(Problem(file=name, line=1, message="nested too deeply"))
        return None
    except YAMLError as error:
        problems.append(Problem(file=name, message=f"not YAML: {str(error).splitlines()[0]}"))
        return None
    reader = _Reader(name, yaml.constructor, problems)
    try:
        data = reader.value(root, ()) if root is not None else None
    except RecursionError:
        problems.append(Problem(file=name, line=1, message="nested too deeply, or in itself"))
        return None
    return Loaded(file=name, data=data, lines=reader.lines)


class _Reader:
    """Turns YAML nodes into plain data, and remembers where each thing stands."""

    def __init__(self, file: str, constructor: Any, problems: list[Problem]) -> None:
        self.file = file
        self.constructor = constructor
        self.problems = problems
        self.lines: dict[Place, int] = {}

    def value(self, node: Any, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if node.id == "mapping":
            return self.mapping(node, place)
        if node.id == "sequence":
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, place)

    def mapping(self, node: Any, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar" or key_node.tag == f"{YAML_TAG}merge":
                self.complain(line, place, "a key must be a plain word")
            elif key in found:
                first = self.lines[(*place, key)]
                self.complain(line, (*place, key), f"this key stands already in line {first}")
            else:
                self.lines[(*place, key)] = line
                found[key] = self.value(value_node, (*place, key))
        return found

    def scalar(self, node: Any, place: Place) -> Any:
        line = node.start_mark.line + 1
        kind = str(node.tag).removeprefix(YAML_TAG)
        if kind not in {"str", "int", "float", "bool", "null", "timestamp"}:
            self.complain(line, place, f"a tag (!{kind}) is not allowed here")
            return None
        # A date is text here: it is compared and shown, never counted with.
        text = kind in {"str", "timestamp"}
        value = str(node.value) if text else self.constructor.construct_object(node)
        if trouble := uncarriable(value):
            self.complain(line, place, trouble)
        return value

    def complain(self, line: int, place: Place, message: str) -> None:
        self.problems.append(
            Problem(file=self.file, line=line, field=field_name(place), message=message)
        )


def uncarriable(value: Any) -> str | None:
    """Why no JSON text, and so no sample, can carry a scalar; `None` if one can."""
    if isinstance(value, str):
        lone = re.search("[\ud800-\udfff]", value)
        if lone:
            return (
                f"holds half of a surrogate pair (U+{ord(lone[0]):04X}), which no UTF-8 can carry"
            )
    elif isinstance(value, bool):
        return None
    elif isinstance(value, int) and abs(value) > SAFE_INTEGER:
        return f"expected an integer within ±(2⁵³-1), which all languages keep; received {value}"
    elif isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return f"JSON has no number {value}"
    return None


@cache
def schema_of(name: str) -> dict[str, Any]:
    """A schema shipped with this package."""
    text = resources.files("harness.model.schemas").joinpath(f"{name}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def violations(loaded: Loaded, schema: dict[str, Any], at: Place = ()) -> Iterator[Problem]:
    """What the data, or the part of it at a place, has against a JSON Schema (2020-12)."""
    from jsonschema import Draft202012Validator

    data = loaded.data
    for step in at:
        data = data[step]
    for error in Draft202012Validator(schema).iter_errors(data):
        yield from _explain(loaded, (*at, *error.absolute_path), error)


def _explain(loaded: Loaded, place: Place, error: ValidationError) -> Iterator[Problem]:
    rule: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        for name in [name for name in value if name not in known]:
            hint = f"known here: {', '.join(known)}"
            yield loaded.problem((*place, name), "this key is not known", near(name, known) or hint)
    elif error.validator == "required":
        for name in [name for name in rule if name not in value]:
            problem = loaded.problem(place, f"the key {name!r} is missing")
            # `required` reports each missing key by itself; take only the one it names.
            if error.message.startswith(repr(name)):
                yield problem
    else:
        yield loaded.problem(
            place, f"expected {_expected(error)}; received {jsonvalue.show(value)}"
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
        case _:
            return str(schema.get("description", error.message))


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
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
