"""What no recording may hold: named rules, as data, those of this package and a project's own."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model import jsonvalue, linear
from harness.model.loader import load, near
from harness.model.problem import InvalidError, Problem
from harness.model.secret_forms import Form, known_forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.loader import Loaded
    from harness.model.view import View

DEFAULTS = Path(__file__).parent / "defaults.yaml"
FILE = "samples/sanitizers.yaml"
SCHEMA = "sanitizers"


class Rule(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Where something stands: in some headers, in named values, where a pattern matches."""

    name: str
    why: str = ""
    headers: tuple[str, ...] = ()
    """Names, with `*` for any part; without these, `fields` and `names`, it is about everything."""
    fields: tuple[str, ...] = ()
    """Names of members of JSON, with `*` for any part."""
    names: tuple[str, ...] = ()
    """Names of members of JSON, of parameters and of parts of forms, spelled in whatever way."""
    distinct: bool = False
    """Whether each value is replaced by its own, wherever else it stands too."""
    secret: bool = False
    """Whether what it finds is a secret: what was not replaced is no recording's."""
    pattern: str = ""
    """A regular expression; empty means all that stands there. Its group counts, if it has one."""
    form: Form | None = None
    """What it looks for, if that is a form of secrets, instead of a pattern."""
    own: bool = False
    """Whether a project brought it: its pattern may be any."""

    @cached_property
    def expression(self) -> re.Pattern[str] | linear.Pattern:
        """The pattern, for texts of which each character is a byte, so letters are those of ASCII."""
        pattern = self.pattern or r"(?s).+"
        return linear.compiled(pattern) if self.own else re.compile(pattern, re.ASCII)

    @cached_property
    def has_members(self) -> bool:
        """Whether members of JSON can be what it is about."""
        return bool(self.fields or self.names or (self.secret and self.headers))

    @cached_property
    def _bare_names(self) -> tuple[str, ...]:
        return tuple(map(_bare, self.names))

    def concerns(self, header: str | None) -> bool:
        """Whether it looks into a header, or for `None` into all of the body."""
        if header is not None and is_among(header, self.headers):
            return True
        return not (self.headers or self.fields or self.names)

    def is_about(self, member: str) -> bool:
        """Whether it looks into members of JSON of this name.

        The case counts for `fields`. Some services answer with the headers of the request, as JSON.
        """
        if any(fnmatchcase(member, pattern) for pattern in self.fields):
            return True
        return self.is_called(member) or (self.secret and is_among(member, self.headers))

    def is_called(self, name: str) -> bool:
        """Whether something of this name is one of its `names`, in camel, snake or kebab case or any other."""
        bare = _bare(name) if self.names else ""
        return any(fnmatchcase(bare, pattern) for pattern in self._bare_names)

    def may_be_in(self, view: View) -> bool:
        """Whether it can find anything in a view."""
        return self.form is None or any(word in view.lower for word in self.form.words)

    def within(self, text: str) -> Iterator[tuple[int, int]]:
        """What it finds in a text: of a pattern with groups, those."""
        if self.form is not None:
            yield from self.form.within(text)
            return
        groups = self.expression.groups
        for match in self.expression.finditer(text):
            for number in range(1, groups + 1) if groups else (0,):
                start, end = match.span(number)
                if start < end:
                    yield start, end


class Entropy(msgspec.Struct, frozen=True, kw_only=True):
    """When a word looks made by chance."""

    shortest: int
    longest: int
    bits: float
    """Of entropy a character, at least."""
    changes: float
    """The share of neighbouring characters that are of different kinds, at least."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of what may stand in a recording."""

    sanitizers: tuple[Rule, ...]
    secrets: tuple[Rule, ...]
    allow: tuple[Rule, ...]
    volatile: tuple[str, ...]
    """Names of headers, and paths in JSON, that differ from call to call."""
    entropy: Entropy

    def differs(self, path: str) -> bool:
        """Whether what stands at a path in JSON is another from call to call, as ids are."""
        last = jsonvalue.steps(path)[-1:]
        name = last[0] if last and isinstance(last[0], str) else ""
        return path in self.volatile or any(
            rule.distinct and rule.is_about(name) for rule in self.sanitizers
        )

    def differs_in(self, header: str) -> bool:
        """Whether a header's value is another from call to call, as ids are."""
        ids = (rule.headers for rule in self.sanitizers if rule.distinct)
        return is_among(header, self.volatile) or any(is_among(header, names) for names in ids)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9*]", "", name.lower())


def is_among(header: str, names: tuple[str, ...]) -> bool:
    """Whether a header has one of these names, which may have `*` in them."""
    return any(fnmatchcase(header.lower(), name.lower()) for name in names)


def load_rules(root: Path) -> Rules:
    """The rules of a project: this package's, and those of `samples/sanitizers.yaml` over them.

    Raises:
        InvalidError: That file has problems.
    """
    problems: list[Problem] = []
    defaults = load(DEFAULTS, DEFAULTS.name, SCHEMA, problems)
    assert defaults is not None  # noqa: S101
    assert not problems, problems  # noqa: S101
    known = {form.name: Rule(name=form.name, secret=True, form=form) for form in known_forms()}
    data: dict[str, Any] = {**defaults.data, "secrets": known}
    if (root / FILE).exists():
        own = load(root / FILE, FILE, SCHEMA, problems)
        if own is not None and not problems:
            data = _over(data, own, problems)
        if problems:
            raise InvalidError(problems)
    secrets = tuple(
        one if isinstance(one, Rule) else Rule(name=name, pattern=one, secret=True, own=True)
        for name, one in data["secrets"].items()
    )
    sanitizers = _rules(data["sanitizers"])
    # Of a form that is known, it is known what to replace; what a project adds is told.
    return Rules(
        sanitizers=(*sanitizers, *(one for one in secrets if one.form)),
        secrets=(*secrets, *(one for one in sanitizers if one.secret)),
        allow=_rules(data["allow"]),
        volatile=tuple(data["volatile"]),
        entropy=msgspec.convert(data["entropy"], Entropy),
    )


def _rules(entries: dict[str, Any]) -> tuple[Rule, ...]:
    return tuple(msgspec.convert({**entry, "name": name}, Rule) for name, entry in entries.items())


def _over(data: dict[str, Any], own: Loaded, problems: list[Problem]) -> dict[str, Any]:
    """The defaults with a project's own rules over them."""
    mine: dict[str, Any] = own.data or {}
    for kind in ("sanitizers", "secrets", "allow"):
        for name, entry in mine.get(kind, {}).items():
            pattern = entry if isinstance(entry, str) else entry.get("pattern", "")
            if isinstance(entry, dict):
                entry["own"] = True
            try:
                linear.compiled(pattern)
            except ValueError as error:
                place = (kind, name) if isinstance(entry, str) else (kind, name, "pattern")
                problems.append(own.problem(place, f"expected a regular expression: {error}"))
    merged = {
        kind: {**value, **mine.get(kind, {})} if isinstance(value, dict) else value
        for kind, value in data.items()
    }
    merged["volatile"] = [*data["volatile"], *mine.get("volatile", [])]
    known = [name for kind in ("sanitizers", "secrets", "allow") for name in merged[kind]]
    for index, name in enumerate(mine.get("off", [])):
        if name not in known:
            hint = near(name, known) or f"known: {', '.join(known)}"
            problems.append(own.problem(("off", index), f"there is no rule {name!r}", hint))
        for kind in ("sanitizers", "secrets", "allow"):
            merged[kind].pop(name, None)
    return merged
