r"""Foreign text, so that each kind of reader takes it for text: nothing in it is obeyed, all of it is seen.

Whatever a sample, a file, a page or an endpoint says may hold what a terminal, a CI system, a browser
or a Markdown renderer would act on. Each function here is for one of these. What none of them can
show as it is stands as Python would write it: `\x1b`, `\u202e`. A text that is safe stays as it is,
and to escape twice is to escape once. A backslash is not doubled: the exact text is in the report.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IGNORABLE = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""Characters that nobody sees, though `str.isprintable` takes them for visible.

Source: Unicode, `Default_Ignorable_Code_Point` in DerivedCoreProperties.txt.
"""

VARIANTS = "\ufe0e\ufe0f"
"""Choose how the emoji before them looks; behind a letter they are hidden text."""

HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\n": "&#10;"}

COMMAND = r"(?m)^([^\w\x21-\x7e\n]*):(?=[^\x00-\x7f]*:)|#(?=[^\x00-\x7f]*#[\w\x80-\U0010ffff]*\[)"
"""What CI takes for a command to itself: GitHub's `::error` at the beginning of a line, behind white
space of any kind, and `##[error]` anywhere in it; Azure Pipelines and TeamCity have words before the
bracket. GitHub's runner compares as a culture does, to which some characters in between are nothing.

Source: actions/runner, `ActionCommand.cs`; microsoft/azure-pipelines-agent, `Command.cs`; TeamCity,
"Service messages". GitLab's and Travis' sections need a carriage return, which is never left.
"""


def visible(text: str) -> str:
    """For terminals and XML: what cannot be seen, or does something, stands as an escape.

    These are controls (C0 and C1, but for newline and tab), marks that turn the direction of text,
    characters of no width, odd spaces, separators of lines, surrogates, and what Unicode has not
    assigned or never will.
    """
    return _spelled(text, lambda char: ascii(char)[1:-1])


def _spelled(text: str, spell: Callable[[str], str]) -> str:
    bare = text.replace("\n", "").replace("\t", "")
    if bare.isprintable() and (bare.isascii() or re.search(IGNORABLE, bare) is None):
        return text
    seen: list[str] = []
    for char in text:
        odd = not char.isprintable() or (not char.isascii() and re.match(IGNORABLE, char))
        plain = char in "\n\t" or not odd
        variant = char in VARIANTS and seen and not seen[-1].isascii()
        seen.append(char if plain or variant else spell(char))
    return "".join(seen)


def one_line(text: str) -> str:
    """A name that stands within a line and must not begin another: a file's, a field's, a cell's."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def marks(text: str) -> Iterator[int]:
    """Where in a visible text stands a character without which CI sees no command."""
    if text.isascii() and "::" not in text and "##" not in text:
        return iter(())
    return (found.end() - 1 for found in re.finditer(COMMAND, text))


def spelled(char: str) -> str:
    """A character that is seen, by its number."""
    return f"\\x{ord(char):02x}"


def inert(text: str) -> str:
    """Visible text, with the first character of each command to CI escaped."""
    if text.isascii() and "::" not in text and "##" not in text:
        return text
    return re.sub(COMMAND, lambda mark: f"{mark[1] or ''}{spelled(mark[0][-1])}", text)


def log(text: str) -> str:
    """For whatever is printed: a terminal shows it, and CI, which reads it from a pipe, obeys none of it."""
    return inert(visible(text))


def html(text: str) -> str:
    """For HTML, and for HTML within Markdown: on one line, since a blank one would end its block."""
    return "".join(HTML.get(char, char) for char in visible(text))


def code_span(text: str) -> str:
    """For Markdown, within a line: code, in which nothing is a link, a mention or a mark.

    Source: CommonMark, "Code spans".
    """
    text = one_line(text).strip() or " "
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_block(text: str) -> str:
    """For Markdown: lines of code, with a fence that the text cannot end.

    Source: CommonMark, "Fenced code blocks".
    """
    text = visible(text)
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def json(document: str) -> str:
    """For JSON that is printed: the same document, with what would be obeyed spelled by number."""
    from json import dumps

    text = _spelled(document, lambda char: dumps(char)[1:-1])
    # They are within a string, as `::` always is.
    return re.sub(r"#(?=[^\x00-\x7f]*#)", r"\\u0023", text)


def cut(text: str, size: int, rest: str = "… the rest is in the report") -> str:
    """The beginning of a text that is too long, of at most so many characters, and a word about the rest."""
    return text if len(text) <= size else f"{text[: size - len(rest)]}{rest}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
