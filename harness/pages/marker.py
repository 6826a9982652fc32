"""Markers: the pairs of comments in a page between which samples are put.

    <!-- snippet: python/basic -->
    <!-- /snippet -->

    {/* snippet: basic tabs=docusaurus title="Ask one question" */}
    {/* /snippet 3f2a9c01b7de */}

A scenario alone stands for all its clients, like `*/basic`, which would end a comment of MDX.
The number in a closing marker is a checksum of what was put in. It tells an older sample, which is
replaced, from what somebody wrote by hand, which is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.model.loader import near
from harness.model.problem import Problem
from harness.pages import tabs
from harness.pages.flavour import COMMENTS
from harness.pages.page import Comment
from harness.pages.snippet import SnippetRequest

if TYPE_CHECKING:
    from harness.pages.page import Page

SPOKEN = re.compile(r"(?:<!--|\{/\*)\s*(?:snippet:|(/)snippet(?=[\s:*-]))(.*)", re.DOTALL)
MISSPELT = re.compile(r"(?:<!--|\{/\*)\s*([A-Za-z]+)\s*:?\s*(\S*)")
SAMPLE = re.compile(r"(?:[\w*?\[\]!-]+/)?[\w*?\[\]!-]+(?:@\S+)?")
WORD = re.compile(r'(?:(\w+)=)?("[^"]*"|[^\s"]+)(?!\S)|(\S+)')
CHECKSUM = re.compile(r"(?:[0-9a-f]{12})?")
OPTIONS = ["tabs", "title", "region", "model"]
LIKE = "this comment is like a marker, and is none"
LIKE_WHAT = (
    "a marker is <!-- snippet: python/basic --> and <!-- /snippet -->, in MDX with {/* and */}"
)
CLOSE_IT = "close it in a line of its own: <!-- /snippet -->"


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What an opening marker asks for."""

    request: SnippetRequest
    tabs: str | None
    """The format of the tabs, one for each sample."""
    title: str | None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between two markers."""

    opening: Opening
    checksum: str
    """Of what was put in last; empty if nothing was."""
    first: Comment
    last: Comment


def places(page: Page, file: str) -> tuple[list[Place], list[Problem]]:
    """Every marked place of a page, and all that is wrong with its markers.

    Args:
        page: The page.
        file: Its path as the user would type it.
    """
    found: list[Place] = []
    problems: list[Problem] = []
    opened: _Marker | None = None
    for comment in sorted(page.comments, key=lambda comment: comment.line):
        spoken = SPOKEN.match(comment.text)
        if spoken is None:
            if _misspelt(comment.text):
                _Marker(comment, file, problems).complain(LIKE, LIKE_WHAT)
            continue
        marker = _Marker(comment, file, problems)
        marker.read(spoken[2], closing=bool(spoken[1]))
        if spoken[1] is None:
            if opened is not None:
                marker.complain(f"the marker in line {opened.line} is still open", CLOSE_IT)
            opened = marker
        elif opened is None:
            marker.complain("this closes no marker", "remove it, or open one before it")
        else:
            place = opened.closed_by(marker)
            found.extend([place] if place else [])
            opened = None
    if opened is not None:
        opened.complain("this marker is never closed", CLOSE_IT)
    for line in page.mangled:
        message = (
            "something like a marker stands here, and is text: a formatter may have changed it"
        )
        problems.append(Problem(file=file, line=line + 1, message=message, hint=LIKE_WHAT))
    return found, problems


def _misspelt(text: str) -> bool:
    """Whether a comment that is no marker was meant as one."""
    found = MISSPELT.match(text)
    if found is None:
        return False
    word, rest = found.groups()
    alike = word.lower() == "snippet" or bool(near(word.lower(), ["snippet"]))
    asks = "/" in rest or "tabs=" in text
    return alike and asks and SAMPLE.fullmatch(rest) is not None


def closing(comment: Comment, checksum: str) -> str:
    """A closing marker like this one, with a checksum; what stands after it stays."""
    end = COMMENTS[_begin(comment)]
    return f"{_begin(comment)} /snippet {checksum} {end}{comment.text.partition(end)[2]}"


def _begin(comment: Comment) -> str:
    return next(opening for opening in COMMENTS if comment.text.startswith(opening))


class _Marker:
    """A marker, while it is read."""

    def __init__(self, comment: Comment, file: str, problems: list[Problem]) -> None:
        self.comment = comment
        self.line = comment.line + 1
        self.file = file
        self.problems = problems
        self.opening: Opening | None = None
        self.checksum: str | None = None

    def complain(self, message: str, hint: str = "") -> None:
        self.problems.append(Problem(file=self.file, line=self.line, message=message, hint=hint))

    def read(self, rest: str, *, closing: bool) -> None:
        """Take in what follows the word, up to the comment's end."""
        end = COMMENTS[_begin(self.comment)]
        said, closed, after = rest.partition(end)
        if self.comment.where == "html":
            self.complain(
                "this marker stands among lines of HTML, where Markdown is not read",
                "put an empty line before it",
            )
        elif not closed:
            self.complain(f"expected the whole marker in one line, up to {end}")
        elif self.comment.where == "text" or after.strip():
            self.complain("a marker stands in a line of its own")
        elif end == "*/}" and "*/" in said:
            self.complain("in MDX, a comment ends with its first */", "write basic for */basic")
        elif not closing:
            self.opening = self._opening(said)
        elif CHECKSUM.fullmatch(said.strip()):
            self.checksum = said.strip()
        else:
            self.complain(f"expected nothing but a checksum here; received {said.strip()!r}")

    def closed_by(self, last: _Marker) -> Place | None:
        """The place between this marker and that."""
        one, other = self.comment, last.comment
        alike = one.inside == other.inside and _begin(one) == _begin(other)
        if one.where == other.where == "alone" and not alike:
            last.complain(
                f"this closes line {self.line}, but is another kind of comment, or stands in "
                "another list, quote or tab",
                "let the two stand alike, with nothing between them",
            )
        elif self.opening is not None and last.checksum is not None:
            return Place(opening=self.opening, checksum=last.checksum, first=one, last=other)
        return None

    def _opening(self, text: str) -> Opening | None:
        before = len(self.problems)
        samples: list[str] = []
        options: dict[str, str] = {}
        for key, value, broken in WORD.findall(text):
            if broken:
                self.complain(f'expected name=value or name="several words"; received {broken}')
            elif not key:
                samples.append(value)
            elif key in options:
                self.complain(f"the option {key!r} stands here twice")
            else:
                options[key] = value.strip('"')
        if len(samples) != 1 or not SAMPLE.fullmatch(samples[0]):
            received = " ".join(samples) or "nothing"
            self.complain(f"expected one sample, like python/basic; received {received}")
        self._check(options)
        if len(self.problems) > before:
            return None
        return Opening(
            request=SnippetRequest(
                sample=samples[0] if "/" in samples[0] else f"*/{samples[0]}",
                model=options.get("model"),
                region=options.get("region"),
            ),
            tabs=options.get("tabs"),
            title=options.get("title"),
        )

    def _check(self, options: dict[str, str]) -> None:
        for key, value in options.items():
            if key not in OPTIONS:
                hint = near(key, OPTIONS) or f"known: {', '.join(OPTIONS)}"
                self.complain(f"there is no option {key!r}", hint)
            elif not value:
                self.complain(f"the option {key!r} is empty")
            elif key == "title" and "`" in value:
                self.complain("a title cannot hold a backtick, since it stands after a fence")
            elif key == "tabs" and value not in tabs.formats():
                hint = near(value, tabs.formats()) or f"known: {', '.join(tabs.formats())}"
                self.complain(f"there is no tab format {value!r}", hint)
