"""What stands in place of what must not be published: zeros, as long and of the same shape."""

from __future__ import annotations

import re

KEPT = re.compile(r"[^\s.:=_-]", re.ASCII)
"""All but what gives a secret its shape. A character stands for a byte: no-break spaces are none."""

FEWEST = 4
"""Zeros that no word has by chance."""


def blank(text: str) -> str:
    """As many zeros as a text has letters, digits and the like."""
    return KEPT.sub("0", text)


def is_blank(text: str) -> bool:
    """Whether a text is mostly zeros, as sanitizers leave it."""
    counted = [character for character in text if character.isalnum()]
    return counted.count("0") >= max(FEWEST, len(counted) / 2)


def is_replaced(text: str) -> bool:
    """Whether a text is zeros, or zeros before a shorter number: what a sanitizer has put there.

    What is shorter may be somebody's number.
    """
    counted = "".join(character for character in text if character.isalnum())
    zeros = len(counted) - len(counted.lstrip("0"))
    return len(counted) >= 2 * FEWEST and counted.isdecimal() and 2 * zeros >= len(counted)
