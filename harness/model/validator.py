"""A JSON Schema validator that does what the standard says where the library leaves it open.

`pattern` is read as ECMA-262 reads it, where `$` is the text's end and not also the place before a
last line end; formats are checked; and no reference is fetched from anywhere.
Source: JSON Schema 2020-12, Validation, 6.4 and 7; Core, 8.2.
"""

from __future__ import annotations

import datetime as dt
import re
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from harness.model import linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

META_SCHEMA: dict[str, Any] = dict(Draft202012Validator.META_SCHEMA)
"""What a JSON Schema must be itself."""

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
"""A part of a host's name (RFC 1123, 2.1); `_` is found in the names of containers."""
BRACKETED = re.compile(r"\[[^\]]*\](:[0-9]+)?")
"""An IPv6 address (RFC 3986, 3.2.2), which `urllib` reads but for what follows it."""
END = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\$", re.DOTALL)
"""A `$` that means the end; escaped characters and classes are passed over."""

checker = FormatChecker(formats=())


@checker.checks("regex", raises=ValueError)
def _is_regex(value: Any) -> bool:
    return not isinstance(value, str) or bool(linear.compiled(value))


@checker.checks("date", raises=ValueError)
def _is_date(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    return bool(DATE.fullmatch(value) and dt.date.fromisoformat(value))


@checker.checks("base-url", raises=ValueError)
def _is_base_url(value: Any) -> bool:
    return not isinstance(value, str) or not base_url_fault(value)


def base_url_fault(url: str) -> str:
    """What is wrong with a URL's host or port; empty if nothing is.

    Raises:
        ValueError: As `urllib` tells it.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if port == 0:
        return "no port 0 can be called"
    if "[" in parts.netloc:
        return "" if BRACKETED.fullmatch(parts.netloc) else f"{parts.netloc} is no address"
    if not all(map(LABEL.fullmatch, host.split("."))):
        return f"{host!r} is no host's name"
    return ""


def _own_pattern(_: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    del schema
    if isinstance(value, str):
        ended = END.sub(lambda found: found[1] or r"\Z", pattern)
        if not re.search(ended, value):
            yield ValidationError(f"expected a text that matches {pattern}")


def _pattern(_: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    del schema
    if isinstance(value, str) and not linear.compiled(pattern).search(value):
        yield ValidationError(f"expected a text that matches {pattern}")


def _pattern_properties(
    validator: Any, patterns: dict[str, Any], value: Any, schema: Any
) -> Iterator[ValidationError]:
    del schema
    for pattern, wanted in patterns.items() if isinstance(value, dict) else ():
        for name in filter(linear.compiled(pattern).search, value):
            yield from validator.descend(value[name], wanted, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, wanted: Any, value: Any, schema: Any
) -> Iterator[ValidationError]:
    if "patternProperties" not in schema:
        yield from Draft202012Validator.VALIDATORS["additionalProperties"](
            validator, wanted, value, schema
        )
        return
    patterns = [linear.compiled(one) for one in schema["patternProperties"]]
    for name in value if isinstance(value, dict) else ():
        if name in schema.get("properties", ()) or any(one.search(name) for one in patterns):
            continue
        yield from validator.descend(value[name], wanted, path=name)


MOST_REFERENCES = 20_000
"""That are followed for one value: each may refer to two others, and so to a million in twenty steps."""

_followed: ContextVar[Iterator[int]] = ContextVar("followed")


def _counted(keyword: str) -> Callable[..., Iterator[ValidationError]]:
    follow: Callable[..., Iterator[ValidationError]] = Draft202012Validator.VALIDATORS[keyword]

    def followed(*given: Any) -> Iterator[ValidationError]:
        if next(_followed.get()) >= MOST_REFERENCES:
            raise RecursionError
        yield from follow(*given) or ()

    return followed


_Own = validators.extend(Draft202012Validator, {"pattern": _own_pattern})  # type: ignore[no-untyped-call]
_Foreign = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "$ref": _counted("$ref"),
        "$dynamicRef": _counted("$dynamicRef"),
    },
)


def errors(schema: dict[str, Any], value: Any, *, foreign: bool) -> Iterator[ValidationError]:
    """What a value has against a schema.

    Args:
        schema: The schema.
        value: What is held against it.
        foreign: Whether the schema is a project's, whose patterns may be any.

    Raises:
        RecursionError: The schema refers to itself without end or too often, or the value is too deep for it.
        referencing.exceptions.Unresolvable: It refers to a place that is not in it.
    """
    meta = schema is META_SCHEMA  # which is many documents
    known = {} if meta else {"registry": Registry()}
    kind = _Foreign if foreign else _Own
    _followed.set(count())
    yield from kind(schema, format_checker=checker, **known).iter_errors(value)


DATA = {"const", "default", "enum", "examples"}
"""Keywords whose values are no schemas."""


def loose_references(schema: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """References that lead out of a schema, or nowhere: where each stands, and why it is none."""
    whole = Registry().with_resource("", DRAFT202012.create_resource(schema))
    resolver = whole.resolver()
    for place, target in _references(schema):
        if not target.startswith("#"):
            yield place, "only what is in this schema can be referred to: #/…"
            continue
        try:
            resolver.lookup(target)
        except Unresolvable:
            yield place, f"there is no {target} in this schema"


def unbounded(schema: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Patterns that only the library's own engine would match, which may never end: where, and why."""
    if any(name == "patternProperties" for *_, name in _keywords(schema)):
        for place in _keywords(schema):
            if place[-1] == "unevaluatedProperties":
                yield place, "this cannot be together with patternProperties in a schema"


def _keywords(schema: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    parts: Any = enumerate(schema) if isinstance(schema, list) else ()
    if isinstance(schema, dict):
        parts = [(name, value) for name, value in schema.items() if name not in DATA]
        yield from ((*place, name) for name, _ in parts)
    for name, value in parts:
        yield from _keywords(value, (*place, name))


def _references(
    schema: Any, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name in {"$ref", "$dynamicRef"} and isinstance(value, str):
                yield (*place, name), value
            elif name not in DATA:
                yield from _references(value, (*place, name))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _references(value, (*place, index))
