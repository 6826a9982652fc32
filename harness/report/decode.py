"""A line of a report, read strictly: what the schema does not allow no reader has to expect.

The types are made of the schema, so that there is one truth and reading is as fast as msgspec. What
no type can say, one line's parts or one line's place among the others, is said here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

import msgspec

from harness.report.line import MOST_DEPTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.report.line import Line

PLACE = re.compile(r"(?s)(?P<why>.*?)(?: - at `\$\.?(?P<field>.*)`)?")
"""How msgspec tells what is wrong, and where."""

BARE = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None}
LIMITS = {"pattern": "pattern", "minimum": "ge", "minItems": "min_length", "maxItems": "max_length"}


class UnfitError(Exception):
    """A line is none of a report."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        """Where in the line: `findings[0].check`."""
        self.message = message
        super().__init__(message)


@cache
def schema() -> dict[str, Any]:
    """The schema of a line."""
    text = resources.files("harness.report.schemas").joinpath("report.schema.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_type(schema(), "Line"))


@cache
def _defined(name: str) -> Any:
    return _type(schema()["$defs"][name], name.capitalize())


def _type(rule: Mapping[str, Any], name: str) -> Any:
    """The type of what a part of the schema allows."""
    if "$ref" in rule:
        return _defined(rule["$ref"].removeprefix("#/$defs/"))
    if (values := _values(rule)) is not None:
        return Literal[tuple(values)]
    if choices := rule.get("oneOf") or rule.get("anyOf"):
        return Union[tuple(_type(one, name) for one in choices)]  # noqa: UP007
    match rule.get("type", rule.get("const")):
        case "object":
            return _object(rule, name)
        case "array":
            return _limited(list[_type(rule["items"], f"{name}Item")], rule)  # type: ignore[misc]
        case list() as kinds:
            return Union[tuple(BARE[kind] for kind in kinds)]  # noqa: UP007
        case str() as kind:
            return _limited(BARE[kind], rule)
        case True:
            return bool
        case _:
            return Any


def _values(rule: Mapping[str, Any]) -> list[Any] | None:
    """The only values that are allowed, if they are told one by one; no type can be just `true`."""
    if "const" in rule:
        return None if rule["const"] is True else [rule["const"]]
    return rule.get("enum")


def _object(rule: Mapping[str, Any], name: str) -> Any:
    properties = rule.get("properties")
    if properties is None:
        return dict[str, _type(rule["additionalProperties"], f"{name}Value")]  # type: ignore[misc]
    fields: list[Any] = []
    tag = properties.get("type", {}).get("const")
    for key, one in properties.items():
        if key == "type" and tag:
            continue
        kind = _type(one, f"{name}{key.capitalize()}")
        optional = key not in rule.get("required", ())
        fields.append((key, kind | msgspec.UnsetType, msgspec.UNSET) if optional else (key, kind))
    options: dict[str, Any] = {"tag": tag, "tag_field": "type"} if tag else {}
    return msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True, **options)


def _limited(kind: Any, rule: Mapping[str, Any]) -> Any:
    limits = {LIMITS[key]: rule[key] for key in LIMITS if key in rule}
    return Annotated[kind, msgspec.Meta(**limits)] if limits else kind


def decode(text: bytes) -> Line:
    """Read a line.

    Raises:
        UnfitError: It is none of a report.
    """
    try:
        if _depth_at_most(text) > MOST_DEPTH:
            raise UnfitError("", "nested too deeply")
        _decoder().decode(text)
        line: Line = msgspec.json.decode(text)
    except msgspec.ValidationError as error:
        found = PLACE.fullmatch(str(error))
        field, why = (found["field"] or "", found["why"]) if found else ("", str(error))
        raise UnfitError(field, _plain(why)) from None
    except UnicodeDecodeError:
        raise UnfitError("", "cannot be read: not UTF-8") from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UnfitError("", f"not JSON: {error}") from None
    _check(line)
    return line


def _plain(why: str) -> str:
    return why.replace("`", "'").replace("Object ", "").replace("Expected", "expected", 1)


def _depth_at_most(text: bytes) -> int:
    """How deep it may be nested: exact where that matters."""
    if text.count(b"[") + text.count(b"{") <= MOST_DEPTH:
        return 0
    depth = deepest = 0
    for mark in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        step = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(mark[0], 0)
        depth += step
        deepest = max(deepest, depth)
    return deepest


def _check(line: Line) -> None:
    """What a line's parts ask of one another."""
    if line["type"] == "report" and line["mode"] == "live" and "endpoint" not in line:
        raise UnfitError("endpoint", "a live run's is missing")
    if line["type"] not in {"cell", "parity"}:
        return
    if line["verdict"] == "fail" and not line["findings"]:
        raise UnfitError("findings", "expected at least one where the verdict is fail")
    if line["type"] == "parity":
        return
    if line["verdict"] == "error" and "fault" not in line:
        raise UnfitError("fault", "expected one where the verdict is error")
    if line["verdict"] in {"pass", "deviates"} and line["sample"]["sha256"] is None:
        raise UnfitError("sample.sha256", f"expected one where the verdict is {line['verdict']}")


class Order:
    """Follows a report from its header to its footer."""

    def __init__(self) -> None:
        self._header: Line = {}
        self._counts: dict[str, Counter[str]] = {"cells": Counter(), "parity": Counter()}
        self.whole = False
        """Whether the footer has come."""

    def take(self, line: Line) -> None:
        """The next line.

        Raises:
            UnfitError: It cannot stand here.
        """
        kind = line["type"]
        if (kind == "report") == bool(self._header):
            raise UnfitError("type", "this is not a report: expected its header first, and once")
        if self.whole:
            raise UnfitError("type", f"expected nothing after the footer; received a {kind}")
        if kind == "report":
            self._header = line
        elif kind == "footer":
            self._end(line)
        else:
            self._counts["cells" if kind == "cell" else "parity"][line["verdict"]] += 1
            for client in line.get("clients", (line.get("client"),)):
                if client not in self._header["toolchains"]:
                    raise UnfitError("client", f"the header knows no toolchain of {client!r}")

    def _end(self, footer: Line) -> None:
        for kind, counts in footer["counts"].items():
            if Counter(counts) != self._counts[kind]:
                there = self._counts[kind].total()
                raise UnfitError(
                    f"counts.{kind}",
                    f"this report is incomplete: expected {sum(counts.values())} lines; received {there}",
                )
        self.whole = True
