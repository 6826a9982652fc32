"""Which version a program is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from harness.model.problem import HarnessError
from harness.toolchain.environment import SHIMS, common
from harness.toolchain.tool import ASKING, run

Ask: TypeAlias = Callable[[str, Sequence[str], Sequence[str]], str]
"""Starts a program with arguments, where it is shown some folders, and returns all that it prints."""

WELL_KNOWN = (("--version",), ("-version",), ("-V",), ("-v",), ("version",))
"""What does nothing but tell a version, as far as anybody knows."""

LOOKED_AT = 4_000
"""Characters of what a program prints; Python reads no number of more digits than 4,300."""


def ask_openly(path: str, arguments: Sequence[str], _shown: Sequence[str] = ()) -> str:
    """What a program prints that is asked outside the sandbox, which only well-known words may ask.

    Raises:
        HarnessError: It is asked otherwise, or fails.
    """
    if tuple(arguments) not in WELL_KNOWN:
        known = ", ".join(words[0] for words in WELL_KNOWN)
        raise HarnessError(
            f"{path} is not asked for its version with {' '.join(arguments)!r} outside the sandbox,"
            f" which cannot be had here; only with one of {known}",
            "see what is missing with: sampleproof doctor",
        )
    return run(
        [path, *arguments],
        doing=f"asking {path} for its version",
        environment=common(*SHIMS),
        timeout=ASKING,
        errors=True,
    )


def version_in(text: str) -> str | None:
    """The first version that stands in a text: numbers with dots, or else a number by itself."""
    text = text[:LOOKED_AT]
    found = re.search(r"\d+(?:\.\d+)+", text) or re.search(r"(?<![\w.+-])\d+(?![\w.+-])", text)
    return found[0] if found else None


def at_least(version: str, minimum: str) -> bool:
    """Whether a version of numbers and dots is a minimum, or newer."""
    given, needed = ([int(part) for part in text.split(".")] for text in (version, minimum))
    length = max(len(given), len(needed))
    return given + [0] * (length - len(given)) >= needed + [0] * (length - len(needed))
