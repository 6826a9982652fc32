"""Where a crash comes from: the sample's own lines, or the inside of a package that it uses."""

from __future__ import annotations

import re

FRAME = re.compile(
    r'^\s+(?:File "(?P<python>[^"\n]+)", line \d+|at [^\n]*?(?P<node>/[^()\n]+?):\d+:\d+\)?$)',
    re.MULTILINE,
)
"""A line of a traceback: Python's innermost is the last, Node's the first."""

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
    frames = list(FRAME.finditer(said))
    if not frames:
        return ""
    innermost = frames[0]["node"] or frames[-1]["python"] or ""
    found = PACKAGES.search(innermost)
    return found["file"] if found else ""
