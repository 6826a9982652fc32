"""How far JavaScript reaches in an MDX page: what stands in it is data, and nothing of the page."""

from __future__ import annotations

import re

STRING = re.compile(r"""'(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?""")
STATEMENT = re.compile(r"(?:export|import) ")
"""What begins a line of JavaScript at the left edge of a page (MDX 3, ESM)."""

TAG = re.compile(r"</?[A-Za-z][\w.:-]*")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
"""A string among a tag's attributes, which knows no escapes."""


def closed(text: str, at: int, end: int) -> int | None:
    """Where what opens here is closed: the place after it; `None` if it is not.

    Args:
        text: The page.
        at: The place of a bracket, or of a quote.
        end: How far to look.
    """
    stack: list[str] = []
    while at < end:
        at = step(text, at, end, stack)
        if not stack:
            return at
    return None


def tag(text: str, at: int, end: int) -> int | None:
    """The place after a tag that begins here; `None` if none does, or if it has no end.

    Args:
        text: The page.
        at: Where it may begin.
        end: How far to look.
    """
    begun = TAG.match(text, at, end)
    place: int | None = begun.end() if begun else None
    while place is not None and place < end:
        if text[place] == ">":
            return place + 1
        if text[place] == "<":
            return None
        if text[place] == "{":
            place = closed(text, place, end)
        elif quoted := QUOTED.match(text, place, end):
            place = quoted.end()
        else:
            place += 1
    return None


def step(text: str, at: int, end: int, stack: list[str]) -> int:
    """Read one token.

    Args:
        text: The page.
        at: Where the token begins.
        end: How far to look.
        stack: What is open: brackets, and backticks of templates; kept up to date.

    Returns:
        The place after it.
    """
    char = text[at]
    if stack and stack[-1] == "`":
        if char == "\\":
            return at + 2
        if text.startswith("${", at):
            stack.append("{")
            return at + 2
        if char == "`":
            stack.pop()
        return at + 1
    if text.startswith("//", at):
        found = text.find("\n", at, end)
        return found if found >= 0 else end
    if text.startswith("/*", at):
        found = text.find("*/", at + 2, end)
        return found + 2 if found >= 0 else end
    if string := STRING.match(text, at, end):
        return string.end()
    if char in "`{[(":
        stack.append(char)
    elif char in "}])" and stack:
        stack.pop()
    return at + 1
