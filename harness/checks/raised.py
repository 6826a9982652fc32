"""Where a crash comes from: the sample's own lines, or the inside of a package that it uses."""

from __future__ import annotations

import re

FRAME = re.compile(
    r'[ \t]+(?:File "(?P<python>[^"\n]+)", line \d+|at [^\n]*?(?P<node>/[^()\n]+?):\d+:\d+\)?$)'
)
"""A line of a traceback: Python's innermost is the last, Node's the first."""

END, LINE = 50_000, 500
"""Characters at either end of what was said in which frames are looked for, and of a line that may be
one: what a sample says can be made to take long to search."""

PACKAGES = re.compile(r"/(?:site-packages|node_modules)/(?P<file>.+)")
"""Where packages lie, for whoever installed them."""

AFTERWARDS = re.compile(r"\s|[]})]+$|\(Use `node |Node\.js v[\w.-]+$")
"""A line that follows what a crash was, as Node writes it: its stack, its fields, its own version."""


def package_file(said: str) -> str:
    """The file of a package in which a crash was raised, as from the packages' folder.

    Empty if there is no traceback, or if it ends in the sample itself.

    Args:
        said: What the sample wrote to standard error.
    """
    ends = said if len(said) <= 2 * END else f"{said[:END]}\n{said[-END:]}"
    lines = (line for line in ends.split("\n") if len(line) <= LINE)
    frames = [found for line in lines if (found := FRAME.match(line))]
    if not frames:
        return ""
    innermost = frames[0]["node"] or frames[-1]["python"] or ""
    found = PACKAGES.search(innermost)
    return found["file"] if found else ""
