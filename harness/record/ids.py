"""Ids in a recording, each replaced by its own: what refers to an id still does.

The first of a shape becomes zeros, the next one ends in 1, and so on. So the ids of two recordings
of the same answers are the same.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from harness.record.blank import blank, is_replaced
from harness.record.spans import replaced, spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.record.rules import Rule

REFERENCE = re.compile(r"(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}")
"""What an id has in it that no word of prose, and no name of a model, has."""


class Ids:
    """What stands where rules say that ids stand, and what it becomes."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Collect ids by these rules; those that are not `distinct` are left to others."""
        self._rules = [rule for rule in rules if rule.distinct]
        self._found: dict[str, str] = {}
        self._count: Counter[str] = Counter()

    def add(self, text: str, header: str | None) -> None:
        """Collect those of a header's value, or of a body, in their order."""
        for start, end in self._places(text, header):
            self._of(text[start:end])

    def without(self, text: str, header: str | None) -> str:
        """A text with each id replaced, also where it is referred to."""
        text = replaced(text, self._places(text, header), self._of)
        known = [one for one in self._found if one in text and REFERENCE.search(one)]
        if not known:
            return text
        known.sort(key=len, reverse=True)
        any_of = "|".join(map(re.escape, known))
        return re.sub(
            rf"(?<![A-Za-z0-9])(?:{any_of})(?![A-Za-z0-9])",
            lambda match: self._found[match[0]],
            text,
        )

    def _places(self, text: str, header: str | None) -> list[tuple[int, int]]:
        every = {span for rule in self._rules for span in spans(rule, text, header)}
        return sorted(every, key=lambda span: (span[0], -span[1]))

    def _of(self, text: str) -> str:
        if is_replaced(text):
            return text
        if text not in self._found:
            zeros = blank(text)
            self._found[text] = _numbered(zeros, self._count[zeros])
            self._count[zeros] += 1
        return self._found[text]


def _numbered(zeros: str, number: int) -> str:
    """Zeros that end in a number, if there is room for it."""
    places = [index for index, character in enumerate(zeros) if character == "0"]
    digits = str(number)
    if len(digits) > len(places):
        return zeros
    found = list(zeros)
    for index, digit in zip(reversed(places), reversed(digits), strict=False):
        found[index] = digit
    return "".join(found)
