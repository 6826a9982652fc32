"""A page: its lines, its fenced blocks, and its comments.

A page is bytes. Whatever they are, valid or not, they are kept: a parser tells which lines are
which, and their text is cut from the page itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.pages.flavour import COMMENTS, parser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

BOM = b"\xef\xbb\xbf"

INSIDE_HTML = re.compile(r"\s*(?:<!--|\{/\*).*")
RAW = re.compile(r"<(?:script|pre|style|textarea|[?!])", re.IGNORECASE)
"""What begins HTML in which a comment is text, or is one already."""


MANGLED = re.compile(
    r"^[ \t>]*(?:\\?<\\?!\\?-|&lt;!-|&#60;!-|\\?\{\\?/\\?[*_])[^\w\n]*/?\s*snippet\b",
    re.MULTILINE | re.IGNORECASE,
)
"""A marker after a formatter or an editor has escaped it, or taken its stars for emphasis."""


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """A fenced block."""

    first: int
    """The line of its opening fence, counted from 0."""
    end: int
    """The line after its last."""
    info: str
    """What stands after the opening fence."""
    code: bytes
    """What a reader copies: the lines without what the block stands in, with the page's line ends."""


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment of HTML or MDX."""

    line: int
    """Where it begins, counted from 0."""
    text: str
    """From where it begins to the end of that line, or of the comment if it is within a line."""
    where: Literal["alone", "text", "html"]
    """It begins a line of the page, stands within a line, or among lines of HTML."""
    column: int = 0
    """How many bytes stand before it in its line: list marks, quotes, indentation."""
    end: int = 0
    """The line after its last."""
    inside: tuple[int, ...] = ()
    """Which list item, quote or tab it stands in: one number for each level."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page, read."""

    lines: tuple[bytes, ...]
    """With their ends; a byte order mark is left out."""
    fences: tuple[Fence, ...]
    comments: tuple[Comment, ...]
    mangled: tuple[int, ...] = ()
    """Lines, counted from 0, that begin with what may have been a marker, and is text."""


def is_mdx(file: str) -> bool:
    """Whether a file is MDX, by its name."""
    return file.lower().endswith(".mdx")


def read(content: bytes, *, mdx: bool) -> Page:
    """Read a page; any bytes are one.

    Args:
        content: The page.
        mdx: Whether it is MDX.
    """
    lines = content.removeprefix(BOM).splitlines(keepends=True)
    texts = [
        line.rstrip(b"\r\n").decode("utf-8", "replace").replace("\0", "\ufffd") for line in lines
    ]
    texts[: _front_matter(texts)] = [""] * _front_matter(texts)
    tokens: list[Token] = []
    md = parser(mdx=mdx)
    md.block.parse("\n".join(texts), md, {}, tokens)
    fences, comments = [], []
    mangled: list[int] = []
    inside: list[int] = []
    for number, token in enumerate(tokens):
        if token.nesting > 0:
            inside.append(number)
        elif token.nesting < 0:
            inside.pop()
        elif token.type == "fence":
            fences.append(_fence(token, lines))
        elif token.type == "comment":
            comments.append(_comment(token, texts, tuple(inside)))
        elif token.type == "inline":
            comments.extend(_within_text(token, mdx=mdx))
            mangled.extend(_mangled(token, mdx=mdx))
        elif token.type == "html_block":
            comments.extend(_within_html(token))
    return Page(
        lines=tuple(lines),
        fences=tuple(fences),
        comments=tuple(comments),
        mangled=tuple(mangled),
    )


def _front_matter(texts: list[str]) -> int:
    """How many lines of data stand before the page: YAML between `---`, or TOML between `+++`."""
    mark = texts[0].rstrip() if texts else ""
    if mark not in {"---", "+++"}:
        return 0
    ends = (number for number, text in enumerate(texts) if number and text.rstrip() == mark)
    return next(ends, -1) + 1


def _extent(token: Token) -> tuple[int, int]:
    first, end = token.map or (0, 0)
    return first, end


def _fence(token: Token, lines: list[bytes]) -> Fence:
    first, end = _extent(token)
    cuts: list[tuple[int, int]] = token.meta["cuts"]
    code = b"".join(
        b" " * columns + line[cut:]
        for (cut, columns), line in zip(cuts, lines[first + 1 :], strict=False)
    )
    return Fence(first=first, end=end, info=token.info.strip(), code=code)


def _comment(token: Token, texts: list[str], inside: tuple[int, ...]) -> Comment:
    (first, end), column = _extent(token), token.meta["column"]
    return Comment(
        line=first, end=end, column=column, text=texts[first][column:], where="alone", inside=inside
    )


def _within_text(token: Token, *, mdx: bool) -> Iterator[Comment]:
    """Comments within lines, but not those in code."""
    if not any(opening in token.content for opening in COMMENTS):
        return
    found: list[Token] = []
    md = parser(mdx=mdx)
    md.inline.parse(token.content, md, {}, found)
    for one in found:
        if one.type == "comment":
            line = _extent(token)[0] + token.content.count("\n", 0, one.meta["at"])
            yield Comment(line=line, text=one.content, where="text")


def _mangled(token: Token, *, mdx: bool) -> Iterator[int]:
    """Lines of text that begin with what may have been a marker; not those in code."""
    if not MANGLED.search(token.content):
        return
    found: list[Token] = []
    md = parser(mdx=mdx)
    md.inline.parse(token.content, md, {}, found)
    text = "".join("\n" if "break" in one.type else _as_typed(one) for one in found)
    for one in MANGLED.finditer(text):
        yield _extent(token)[0] + text.count("\n", 0, one.start())


def _as_typed(token: Token) -> str:
    """What stands in the page for a piece of a line; of code and comments, nothing."""
    if token.type in {"code_inline", "comment"}:
        return "\n" * token.content.count("\n")
    return token.markup if token.type == "text_special" else token.content or token.markup


def _within_html(token: Token) -> Iterator[Comment]:
    """Comments that begin a line of HTML, as long as they can be comments there."""
    if RAW.match(token.content.lstrip()):
        return
    for number, text in enumerate(token.content.split("\n")):
        if number and INSIDE_HTML.match(text):
            yield Comment(line=_extent(token)[0] + number, text=text.strip(), where="html")
