"""How a page shows code, and the same thing in several ways side by side."""

from __future__ import annotations

import re
from textwrap import indent
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Layout = Literal["plain", "mkdocs"]
"""`plain` is read everywhere; `mkdocs` has the content tabs of MkDocs Material."""


def fence(tag: str, code: str) -> str:
    """A fenced code block that nothing in the code can end (CommonMark 0.31, section 4.5)."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{tag}\n{code.rstrip(chr(10))}\n{ticks}"


def tabs(ways: Sequence[tuple[str, str]], layout: Layout) -> str:
    """Titles and texts: one below the other, or as tabs."""
    if layout == "plain":
        return "\n\n".join(f"**{title}**\n\n{text}" for title, text in ways)
    return "\n\n".join(f'=== "{title}"\n\n{indent(text, "    ")}' for title, text in ways)
