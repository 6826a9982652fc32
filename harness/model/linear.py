"""Regular expressions that projects bring, matched in a time that grows with the text and no faster.

Python's own engine tries every way in which a pattern may fit, of which there can be more than
anyone waits for. RE2 tries none twice, and so has no lookarounds and no references back.
Source: https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

LACKING = {
    r"\(\?(<?[=!])": "RE2, which matches it, has no lookarounds: ({0}",
    r"\\[1-9]|\(\?P=": "RE2, which matches it, has no references back: {0}",
}
"""What else is right in a pattern, and what is said of it."""

PASSED_OVER = r"\\\\|\\u([0-9A-Fa-f]{4})"


class Match(Protocol):
    """What a pattern has found."""

    def span(self, group: int = 0, /) -> tuple[int, int]:
        """Where it, or a group of it, begins and ends; -1 if that group is not in it."""


class Pattern:
    r"""A regular expression, of which `\w`, `\d`, `\s` and `\b` are about ASCII, and `$` is the end."""

    def __init__(self, pattern: str) -> None:
        r"""Read a pattern.

        Args:
            pattern: In the syntax of RE2; `\uXXXX` may be in it, too.

        Raises:
            ValueError: It is none, or asks for more than RE2 can do.
        """
        import re2

        options = re2.Options()
        options.log_errors = False
        spelled = re.sub(PASSED_OVER, _spelled, pattern)
        try:
            self._expression = re2.compile(_plain(spelled), options)
        except re2.error as error:
            raise ValueError(_why(pattern, error)) from None
        self.groups: int = self._expression.groups

    def search(self, text: str) -> bool:
        """Whether it fits anywhere in a text."""
        return self._expression.search(_plain(text)) is not None

    def fullmatch(self, text: str) -> bool:
        """Whether it fits a whole text."""
        return self._expression.fullmatch(_plain(text)) is not None

    def finditer(self, text: str) -> Iterator[Match]:
        """Everything in a text that it fits."""
        found: Iterator[Match] = self._expression.finditer(_plain(text))
        return found


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """A pattern of a project's.

    Raises:
        ValueError: It is none, or asks for more than RE2 can do.
    """
    return Pattern(pattern)


def _plain(text: str) -> str:
    """A text that is UTF-8 can have: what is no character is replaced by one, in its place."""
    return text if text.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", text)


def _spelled(found: re.Match[str]) -> str:
    return rf"\x{{{found[1]}}}" if found[1] else found[0]


def _why(pattern: str, error: Exception) -> str:
    for lacking, message in LACKING.items():
        if found := re.search(rf"(?<!\\)(?:\\\\)*({lacking})", pattern):
            return message.format(found[1].removeprefix("("))
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
