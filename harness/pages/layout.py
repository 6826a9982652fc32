"""How a page shows code."""

from __future__ import annotations

import re


def fence(tag: str, code: str) -> str:
    """A fenced code block that nothing in the code can end (CommonMark 0.31, section 4.5)."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{tag}\n{code.removesuffix(chr(10))}\n{ticks}"
