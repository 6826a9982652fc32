"""What a page says in one human language: a file of messages, held against what the page asks for.

Translators change these files and nothing else. A message is one paragraph of prose: nothing in it
can begin or end a block of code, so that no translation can break a sample.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

from harness.model.loader import near, read
from harness.model.problem import InvalidError, Problem
from harness.render.template import line_of_call

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from harness.model.loader import Loaded, Place

NO_PROSE = re.compile(r"```|~~~|<[A-Za-z!/?]|[\r\n]|^\s")
"""What could begin or end a block of code, or hide one: fences, HTML, lines, indentation."""

TOP: dict[str, type] = {"language": str, "messages": dict}


class Messages:
    """The messages of one language. What a page asks for is noted, to find what is surplus."""

    def __init__(self, path: Path, file: str, template: str) -> None:
        """Read a file.

        Args:
            path: The file.
            file: Its path as the user would type it.
            template: That of the page's template.

        Raises:
            InvalidError: It cannot be read, or is no file of messages.
        """
        problems: list[Problem] = []
        loaded = read(path, file, problems)
        if loaded is not None:
            problems += _shape(loaded)
        if loaded is None or problems:
            raise InvalidError(problems)
        self.code = path.stem
        self.language: str = loaded.data["language"]
        self._loaded = loaded
        self._template = template
        self.file = file
        self._texts = dict(_texts(loaded.data["messages"], ("messages",)))
        self._used: set[Place] = set()
        self._problems: set[Problem] = set()
        self.missing: dict[str, int] = {}
        """What the page asks for in vain, with the line of its template."""

    is_for_templates = True

    def __call__(self, key: str, **values: object) -> str:
        """A message, with its values filled in; what is wrong with it is among the `problems`.

        Args:
            key: Where it stands, as in `token.title`.
            values: What it must mention, by name.
        """
        place: Place = ("messages", *key.split("."))
        text = self._texts.get(place)
        if text is None:
            self.missing.setdefault(key, line_of_call())
            return ""
        self._used.add(place)
        try:
            parts = [part for part in Formatter().parse(text) if part[1] is not None]
            named = {name for _, name, _, _ in parts if name is not None}
        except ValueError as error:
            self._complain(place, f"a brace that is meant is written twice: {error}")
            return ""
        if any(spec or conversion for _, _, spec, conversion in parts):
            self._complain(place, "a name stands alone between its braces, as in {name}")
            return ""
        for name in sorted(named ^ set(values)):
            said = "expected" if name in values else "there is nothing to fill in for"
            self._complain(place, f"{said} {{{name}}}")
        return "" if named - set(values) else text.format(**values)

    @property
    def surplus(self) -> set[str]:
        """What the page has not asked for."""
        return {_key(place) for place in self._texts if place not in self._used}

    def near(self, key: str) -> str:
        """A message that may be meant, as a hint: one that is asked for is right as it is."""
        return near(key, sorted(self.surplus))

    def problems(self, passed_over: Collection[str]) -> set[Problem]:
        """Everything that is wrong with it, once the page is made.

        Args:
            passed_over: Keys for which it is not to blame, whether missing or surplus.
        """
        for key, line in self.missing.items():
            if key not in passed_over:
                asks = f"{self._template}:{line}"
                said = f"the message {key!r}, which {asks} asks for, is missing"
                hint = self.near(key) or "add it"
                self._complain(("messages", *key.split(".")), said, hint)
        for place in self._texts:
            if place not in self._used and _key(place) not in passed_over:
                self._complain(place, "the page has no use for this message", "remove it")
        return self._problems

    def _complain(self, place: Place, message: str, hint: str = "") -> None:
        self._problems.add(self._loaded.problem(place, message, hint))


def wrong_keys(languages: Sequence[Messages], template: str) -> tuple[set[str], list[Problem]]:
    """What a template asks for that no language has: then it is the template that is wrong.

    Of a single language nobody can tell.

    Args:
        languages: All that could be read, with the page made of each.
        template: The template's path as the user would type it.

    Returns:
        Keys for which no language is to blame: those, and what each has and the page does not ask
        for, since one of them may be meant. And the template's problems.
    """
    if len(languages) < 2:  # noqa: PLR2004
        return set(), []
    files = ", ".join(one.file for one in languages)
    wrong = set.intersection(*(set(one.missing) for one in languages))
    problems = [
        Problem(
            file=template,
            line=languages[0].missing[key],
            message=f"no file of messages has {key!r}, which is asked for here",
            hint=languages[0].near(key) or f"add it to {files}",
        )
        for key in sorted(wrong)
    ]
    meant = set.intersection(*(one.surplus for one in languages)) if wrong else set[str]()
    return wrong | meant, problems


def _key(place: Place) -> str:
    return ".".join(map(str, place[1:]))


def _shape(loaded: Loaded) -> Iterator[Problem]:
    data: Any = loaded.data
    if not isinstance(data, dict):
        yield loaded.problem((), "expected the keys language and messages")
        return
    for name in [name for name in data if name not in TOP]:
        yield loaded.problem((name,), "this key is not known", near(name, list(TOP)))
    for name, kind in TOP.items():
        if not isinstance(data.get(name), kind):
            said = "a text" if kind is str else "a mapping"
            yield loaded.problem((name,), f"expected {said} under {name!r}")
    if not isinstance(data.get("messages"), dict):
        return
    for place, text in _texts(data["messages"], ("messages",)):
        if not isinstance(text, str):
            yield loaded.problem(place, f"expected a text; received {text!r}")
        elif found := NO_PROSE.search(text):
            message = f"expected one paragraph of prose; received {found[0]!r} in it"
            yield loaded.problem(place, message, "code comes from the samples, never from here")


def _texts(messages: dict[str, Any], place: Place) -> Iterator[tuple[Place, Any]]:
    for name, value in messages.items():
        if isinstance(value, dict):
            yield from _texts(value, (*place, name))
        else:
            yield (*place, name), value
