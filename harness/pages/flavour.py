"""Markdown as GitHub, MkDocs and MDX read it: a CommonMark parser with what they add.

Nothing here makes HTML. The parser says which lines are code, which are comments and what they
stand in; whoever wants their text cuts it from the page's own bytes.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from harness.pages import javascript

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

COMMENTS = {"<!--": "-->", "{/*": "*/}"}
"""Of HTML and of MDX."""

INDENTING = re.compile(r'===[+!]{0,2} +".*"\s*$|!!! ?[\w-].*$|\?\?\?\+? ?[\w"-].*$')
"""What opens a content tab, an admonition or a collapsible block of MkDocs: four columns follow."""

CODE = re.compile(r"\\.|(`+)(?!`)(?:.|\n(?!\n))*?(?<!`)\1(?!`)")
"""An escaped character, or code within a line: no expression begins in either."""

COMMENT_LIKE = re.compile(r"\{\\?/\\?[*_]")
"""What begins a comment of MDX, also after a formatter took its stars for emphasis."""

INDENT = 4
BREAKS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
"""Blocks that may begin in the line after a paragraph's, like a fence."""


@cache
def parser(*, mdx: bool) -> MarkdownIt:
    """The parser for a kind of page.

    Args:
        mdx: Whether it is MDX, which knows neither indented code nor HTML, and so lets a block
            stand at any indentation, and within any element.
    """
    from markdown_it import MarkdownIt

    md = MarkdownIt("commonmark")
    md.block.ruler.at("fence", _fence, BREAKS)
    md.block.ruler.before("html_block", "comment", _comment, BREAKS)
    md.inline.ruler.before("html_inline", "comment", _inline_comment)
    if mdx:
        # Whatever makes a difference only to how text looks need not be told from text.
        md.disable(["code", "html_block", "lheading", "reference"])
        md.block.ruler.at("paragraph", _paragraph)
        md.block.ruler.before("fence", "statement", _statement)
        md.block.ruler.after("comment", "expression", _expression, BREAKS)
        md.inline.ruler.before("comment", "expression", _inline_expression)
    else:
        md.block.ruler.before("hr", "indenting", _indenting, BREAKS)
    return md


def _start(state: StateBlock, line: int) -> int:
    """Where a line's own text begins, after all that it stands in."""
    return state.bMarks[line] + state.tShift[line]


def _column(state: StateBlock, line: int, at: int) -> int:
    """How far into its line a place is."""
    return at - (state.src.rfind("\n", 0, state.bMarks[line]) + 1)


def _fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A fence; notes where the code begins in each of its lines."""
    from markdown_it.rules_block import fence

    indent = state.sCount[start]
    if not fence(state, start, end, silent):
        return False
    if not silent:
        token = state.tokens[-1]
        size = len(re.findall(r"[^\n]*\n|[^\n]+", token.content))
        lines = range(start + 1, start + 1 + size)
        token.meta["cuts"] = [_cut(state, line, indent) for line in lines]
    return True


def _cut(state: StateBlock, line: int, indent: int) -> tuple[int, int]:
    """How many characters of a line are not the code's, and how many columns of a tab still are."""
    at, width = state.bMarks[line], 0
    while at < state.eMarks[line] and width < indent:
        if state.src[at] == "\t":
            width += 4 - (width + state.bsCount[line]) % 4
        elif state.src[at] == " " or at < _start(state, line):
            width += 1
        else:
            break
        at += 1
    return _column(state, line, at), max(width - indent, 0)


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A comment that begins a line, of HTML (CommonMark 0.31, section 4.6, kind 2) or of MDX."""
    at = _start(state, start)
    opening = state.src[at : at + 4] if state.src.startswith("<!--", at) else state.src[at : at + 3]
    closing = COMMENTS.get(opening)
    if closing is None or state.is_code_block(start):
        return False
    line, found = start, False
    while line < end and not found:
        inside = state.isEmpty(line) or state.sCount[line] >= state.blkIndent
        if line > start and not inside:
            break
        found = closing in state.src[_start(state, line) : state.eMarks[line]]
        line += 1
    if not found and opening != "<!--":
        return False  # in Markdown, an open brace is text
    if not silent:
        token = state.push("comment", "", 0)
        token.map = [start, line]
        token.meta["column"] = _column(state, start, at)
        state.line = line
    return True


def _statement(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """An import or an export of MDX, up to the first empty line at which nothing is open."""
    at = state.bMarks[start]
    outermost = state.level == 0 and state.tShift[start] == 0
    if silent or not outermost or not javascript.STATEMENT.match(state.src, at):
        return False
    stack: list[str] = []
    for line in range(start, end):
        while at < state.eMarks[line]:
            at = javascript.step(state.src, at, len(state.src), stack)
        last = line + 1 == end or state.isEmpty(line + 1)
        if last and not stack and at <= state.eMarks[line]:
            state.line = line + 1
            return True
    return False


def _expression(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """An expression of MDX, or a tag with one in it, that begins a line; the line's rest is text."""
    at, last = _start(state, start), state.eMarks[end - 1]
    after = _past(state.src, at, last)
    if after is None or (state.src[at] == "<" and "{" not in state.src[at:after]):
        return False
    if silent:
        return True
    line = next(line for line in range(start, end) if after <= state.eMarks[line])
    rest = state.src[after : state.eMarks[line]]
    if rest.strip():
        token = state.push("inline", "", 0)
        token.content, token.map, token.children = rest, [line, line + 1], []
    state.line = line + 1
    return True


def _reach(state: StateBlock, line: int, end: int, at: int = 0) -> int:
    """How far the last expression or tag reaches that begins in a line of text."""
    at, last = max(at, _start(state, line)), state.eMarks[end - 1]
    while at < state.eMarks[line]:
        code = CODE.match(state.src, at)
        after = code.end() if code else _past(state.src, at, last)
        at = at + 1 if after is None else after
    return at


def _past(text: str, at: int, end: int) -> int | None:
    """The place after an expression or a tag of MDX that begins here."""
    if text.startswith("{", at):
        comment = COMMENT_LIKE.match(text, at)
        return None if comment else javascript.closed(text, at, end)
    return javascript.tag(text, at, end)


def _inline_expression(state: StateInline, silent: bool) -> bool:
    """An expression or a tag of MDX within a line of text."""
    after = _past(state.src, state.pos, len(state.src))
    if after is None:
        return False
    if not silent:
        state.pending += state.src[state.pos : after]
    state.pos = after
    return True


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines of text in MDX, where a block may follow at any indentation."""
    if silent:
        return False
    breaks = state.md.block.ruler.getRules("paragraph")
    outside, state.parentType = state.parentType, "paragraph"
    line, reach = start + 1, _reach(state, start, end)
    while line < end and not state.isEmpty(line):
        lazy = state.sCount[line] < 0  # how a quote marks what goes on without its mark
        data = reach > state.bMarks[line]
        if not (lazy or data) and any(rule(state, line, end, True) for rule in breaks):
            break
        reach = max(reach, _reach(state, line, end, reach))
        line += 1
    state.line, state.parentType = line, outside
    state.push("paragraph_open", "p", 1).map = [start, line]
    token = state.push("inline", "", 0)
    token.content = state.getLines(start, line, state.blkIndent, False).strip()
    token.map, token.children = [start, line], []
    state.push("paragraph_close", "p", -1)
    return True


def _inline_comment(state: StateInline, silent: bool) -> bool:
    """A comment within a line of text."""
    for opening, closing in COMMENTS.items():
        if state.src.startswith(opening, state.pos):
            end = state.src.find(closing, state.pos + len(opening))
            if end < 0:
                return False
            if not silent:
                token = state.push("comment", "", 0)
                token.content = state.src[state.pos : end + len(closing)]
                token.meta["at"] = state.pos
            state.pos = end + len(closing)
            return True
    return False


def _indenting(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A tab or an admonition of MkDocs, with all that is indented under it."""
    text = state.src[_start(state, start) : state.eMarks[start]]
    if state.is_code_block(start) or not INDENTING.match(text):
        return False
    if silent:
        return True
    inner, last = state.blkIndent + INDENT, start + 1
    while last < end and (state.isEmpty(last) or state.sCount[last] >= inner):
        last += 1
    outside = state.parentType, state.lineMax, state.blkIndent
    state.push("indenting_open", "", 1).map = [start, last]
    state.parentType, state.lineMax, state.blkIndent = "container", last, inner
    state.md.block.tokenize(state, start + 1, last)
    state.parentType, state.lineMax, state.blkIndent = outside
    state.push("indenting_close", "", -1)
    state.line = last
    return True
