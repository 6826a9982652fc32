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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.model.loader import Loaded, Place

NO_PROSE = re.compile(r"```|~~~|<[A-Za-z!/?]|[\r\n]|^\s")
"""What could begin or end a block of code, or hide one: fences, HTML, lines, indentation."""

TOP: dict[str, type] = {"language": str, "messages": dict}


class Messages:
    """The messages of one language. What a page asks for is noted, to find what is surplus."""

    def __init__(self, path: Path, file: str) -> None:
        """Read a file.

        Args:
            path: The file.
            file: Its path as the user would type it.

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
        self._texts = dict(_texts(loaded.data["messages"], ("messages",)))
        self._used: set[Place] = set()
        self._problems: set[Problem] = set()

    def __call__(self, key: str, **values: object) -> str:
        """A message, with its values filled in; what is wrong with it is told by `finish`.

        Args:
            key: Where it stands, as in `token.title`.
            values: What it must mention, by name.
        """
        place: Place = ("messages", *key.split("."))
        text = self._texts.get(place)
        if text is None:
            hint = near(key, [".".join(map(str, known[1:])) for known in self._texts])
            self._complain(place, f"the message {key!r}, which the page asks for, is missing", hint)
            return ""
        self._used.add(place)
        try:
            named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        except ValueError as error:
            self._complain(place, f"a brace that is meant is written twice: {error}")
            return ""
        for name in sorted(named ^ set(values)):
            said = "expected" if name in values else "there is nothing to fill in for"
            self._complain(place, f"{said} {{{name}}}")
        return "" if named - set(values) else text.format(**values)

    def finish(self) -> None:
        """Tell of everything that the page missed, or did not ask for.

        Raises:
            InvalidError: With every such message.
        """
        for place in self._texts:
            if place not in self._used:
                self._complain(place, "the page has no use for this message", "remove it")
        if self._problems:
            raise InvalidError(self._problems)

    def _complain(self, place: Place, message: str, hint: str = "") -> None:
        self._problems.add(self._loaded.problem(place, message, hint))


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
