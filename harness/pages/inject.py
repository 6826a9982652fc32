"""Puts samples into the marked places of a page. Nothing else in the page changes, not a byte."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from harness.model.problem import InvalidError, Problem
from harness.pages import tabs
from harness.pages.flavour import INDENT
from harness.pages.marker import closing, places
from harness.pages.page import BOM, Page, is_mdx, read
from harness.pages.snippet import SIGN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pages.marker import Opening, Place
    from harness.pages.snippet import Snippet, Snippets


class Injected(msgspec.Struct, frozen=True, kw_only=True):
    """A page as its markers want it."""

    content: bytes
    """The page as it was, if there are problems."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with its markers."""
    edited: tuple[Problem, ...] = ()
    """What somebody wrote between markers by hand; it is gone from the content, if that is new."""


def inject(content: bytes, file: str, snippets: Snippets) -> Injected:
    """Put samples between a page's markers.

    Args:
        content: The page; any bytes.
        file: Its path as the user would type it. By its name it is MDX, or Markdown.
        snippets: Gives what a marker asks for.

    Raises:
        InvalidError: A project's file is wrong. What is wrong with the page is returned.
    """
    if not SIGN.search(content):
        return Injected(content=content)
    mdx = is_mdx(file)
    page = read(content, mdx=mdx)
    found, problems = places(page, file)
    edited: list[Problem] = []
    fillings: list[_Filling] = []
    for place in found:
        try:
            given = _given(place.opening, snippets)
        except InvalidError as error:
            problems += [_at(problem, file, place) for problem in error.problems]
            continue
        filling = _Filling(page, place, given)
        fillings.append(filling)
        if filling.by_hand:
            edited.append(_at(BY_HAND, file, place))
    if problems:
        return Injected(content=content, problems=tuple(problems), edited=tuple(edited))
    lines = list(page.lines)
    for filling in reversed(fillings):
        lines[filling.first : filling.end] = filling.lines
    new = read(b"".join(lines), mdx=mdx)
    problems = [
        _at(UNREADABLE, file, place)
        for place, wanted in zip(found, _shown(new, fillings, file), strict=True)
        if not wanted
    ]
    if problems:
        return Injected(content=content, problems=tuple(problems), edited=tuple(edited))
    bom = BOM if content.startswith(BOM) else b""
    return Injected(content=bom + b"".join(lines), edited=tuple(edited))


BY_HAND = Problem(
    file="",
    message="what stands between these markers was written or changed by hand",
    hint="move it out of them, or take it into the client's template",
)

UNREADABLE = Problem(
    file="",
    message="a block put here would not be read as it should",
    hint="let both markers begin their lines in the same way, with an empty line around the two",
)


def checksum(body: bytes) -> str:
    """What a closing marker says of the lines before it."""
    return hashlib.sha256(body).hexdigest()[:12]


def _given(opening: Opening, snippets: Snippets) -> Sequence[Snippet]:
    given = snippets(opening.request)
    if opening.tabs is None and len(given) > 1:
        raise InvalidError(
            [
                Problem(
                    file="",
                    message=f"{opening.request.sample} names {len(given)} samples",
                    hint=f"name one, or add tabs= and one of: {', '.join(tabs.formats())}",
                )
            ]
        )
    if len({one.client for one in given}) < len(given):
        message = f"{opening.request.sample} names several samples of one client"
        raise InvalidError(
            [Problem(file="", message=message, hint="name one scenario, like basic")]
        )
    return given


def _at(problem: Problem, file: str, place: Place) -> Problem:
    if problem.file:
        return problem
    return msgspec.structs.replace(problem, file=file, line=place.first.line + 1)


class _Filling:
    """What goes between two markers, and into the second."""

    def __init__(self, page: Page, place: Place, given: Sequence[Snippet]) -> None:
        opening = place.opening
        self.given, self.title = given, opening.title
        if opening.tabs is None:
            body = "".join(f"{tabs.fenced(one, opening.title)}\n" for one in given).encode()
        else:
            body = tabs.arrange(opening.tabs, given, opening.title).encode()
        marked, last = page.lines[place.first.line], page.lines[place.last.line]
        prefix = _prefix(marked[: place.first.column])
        self.first, self.end = place.first.end, place.last.line + 1
        old = _bare(page.lines[self.first : place.last.line], prefix)
        self.by_hand = bool(old.strip()) and old != body and checksum(old) != place.checksum
        new_last = closing(place.last, checksum(body)).encode()
        end = marked[len(marked.rstrip(b"\r\n")) :]
        self.lines = [
            *(_dressed(line, prefix) + end for line in body.removesuffix(b"\n").split(b"\n")),
            last[: place.last.column] + new_last + last[len(last.rstrip(b"\r\n")) :],
        ]

    def blocks(self) -> list[tuple[str, bytes]]:
        """What a reader of the page must find: info strings and code."""
        return [
            (tabs.info(one, self.title), one.code.encode().removesuffix(b"\n") + b"\n")
            for one in self.given
        ]


def _prefix(before: bytes) -> bytes:
    """What must stand before each further line, from what stands before a marker.

    Quotes and indentation go on; in place of a list's mark stand spaces. A quote swallows one space
    after it, so it must have one. Tabs become spaces: GitHub's parser miscounts a tab of which a
    list or a quote takes only a part.
    """
    found, before = b"", before.expandtabs(INDENT)
    for index in range(len(before)):
        byte = before[index : index + 1]
        found += byte if byte in b"> " else b" "
        if byte == b">" and before[index + 1 : index + 2] != b" ":
            found += b" "
    return found


def _dressed(line: bytes, prefix: bytes) -> bytes:
    return prefix + line if line else prefix.rstrip()


def _bare(lines: Sequence[bytes], prefix: bytes) -> bytes:
    """Lines without what stands before each, whatever their ends are."""
    bare = (line.rstrip(b"\r\n") for line in lines)
    return b"".join(
        (b"" if line == prefix.rstrip() else line.removeprefix(prefix)) + b"\n" for line in bare
    )


def _shown(page: Page, fillings: Sequence[_Filling], file: str) -> list[bool]:
    """For each place: whether a reader of the new page finds what was put in, and its markers."""
    found, problems = places(page, file)
    if problems or len(found) != len(fillings):
        return [False] * len(fillings)
    return [
        [
            (fence.info, fence.code.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
            for fence in page.fences
            if place.first.end <= fence.first < place.last.line
        ]
        == filling.blocks()
        for place, filling in zip(found, fillings, strict=True)
    ]
