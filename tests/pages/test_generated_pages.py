"""Pages of every kind, made up: nothing outside the markers changes, and twice changes nothing.

EXAMPLES=10000 in the environment makes as many; a few are made otherwise.
"""

import os
import re
from collections import Counter

import cmarkgfm
from cmarkgfm.cmark import Options
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from shown import Blocks

from harness.pages import tabs
from harness.pages.inject import inject
from harness.pages.marker import places
from harness.pages.page import read
from harness.pages.snippet import Snippet

EXAMPLES = int(os.environ.get("EXAMPLES", "100"))

MARKERS = {"<!--": "-->", "{/*": "*/}"}
SAMPLES = ["python/basic", "curl/x@m", "py*/b", "a/b", "a", "*/b", "", "a b c", "p/q title='"]
BEYOND_GITHUB = [b"===", b"!!!", b"{/*", b"tabs=mkdocs", b"\0", b"\xed"]
"""What GitHub's parser reads otherwise, and halves of surrogate pairs."""
OPTIONS = ["", "", " tabs=mkdocs", " tabs=details", ' title="a b"', " tabs=starlight", " region=r"]
ODD = ["", " ", "\t", "\0", "\x0b", "\x0c", "\x85", "\u2028", "\ud800", "`", "``", "\\", "&", "x"]

code = st.lists(
    st.sampled_from(
        ["", "a", "    b", "\tc", "```", "~~~~", "`````", "<!-- /snippet -->", "é ", " "]
    )
).map(lambda lines: "\n".join(lines) + "\n")


@st.composite
def marker_pairs(draw, wild):
    """Two markers; in wild pages some are wrong, unclosed, doubled, or closed by another kind."""
    begin, end = draw(st.sampled_from(list(MARKERS.items())))
    sample = draw(st.sampled_from(SAMPLES if wild else SAMPLES[:2]))
    lines = [f"{begin} snippet: {sample}{draw(st.sampled_from(OPTIONS))} {end}"]
    lines += draw(
        st.sampled_from([[], [], [], [""], ["by hand"], ["```py", "old", "```"], ["> q"]])
    )
    checksum = draw(st.sampled_from(["", "", " 0123456789ab", *[" x"] * wild]))
    lines += [
        f"{begin} /snippet{checksum} {end}{draw(st.sampled_from(['', '  ', *[' x'] * wild]))}"
    ]
    keep = [slice(None), *[slice(1, None), slice(-1)] * wild]
    return [*[""] * (not wild), *lines[draw(st.sampled_from(keep))]]


text = st.lists(st.sampled_from(ODD), max_size=4).map("".join)
fences = st.builds(
    lambda mark, size, info, lines, more: [
        mark * size + info,
        *lines,
        *([mark * (size + more)] if more >= 0 else []),
    ],
    st.sampled_from("`~"),
    st.integers(3, 5),
    st.sampled_from(["", "python", ' js title="x"', " `"]),
    st.lists(text | marker_pairs(wild=True).map(lambda lines: lines[0]), max_size=3),
    st.integers(-1, 1),
)
others = st.sampled_from(
    [
        [""],
        ["text", "more"],
        ["# title"],
        ["text", "---"],
        ["---", "a: b", "---"],
        ["<pre>", "<!-- snippet: python/basic -->", "", "</pre>"],
        ["<!-- a comment", "```", "-->"],
        ["<Tabs>", "<TabItem>", ""],
        [":::note", "inside", ":::"],
        ["| a | b |", "| - | - |", "| a | c |"],
        ["    <!-- snippet: python/basic -->", "    <!-- /snippet -->"],
        ["`<!-- snippet: python/basic -->` and `", "<!-- /snippet -->", "`"],
        ["[a]: <b>", "'c'"],
        ["{/* a", "```", "*/}"],
        ["{open", "</div>", "-->", ""],
    ]
)
spoiling = st.sampled_from(
    [
        ["<Tabs>", "<TabItem>"],
        ["<div>", "<!-- snippet: python/basic -->", "</div>"],
        ["| a | b |", "| - | - |", "| <!-- snippet: python/basic --> | c |"],
    ]
)


def within(blocks):
    """Blocks in a list, a quote, a tab, or one after another."""

    def nest(prefix, inner, below):
        lines = [line for block in below for line in block]
        return [(inner if number else prefix) + line for number, line in enumerate(lines)]

    prefixes = st.sampled_from(
        [
            ("- ", "  "),
            ("-\t", "\t"),
            ("10) ", "    "),
            ("> ", "> "),
            (">", ">"),
            ("> ", ""),
            (">\t", ">\t"),
            ("", ""),
            ('=== "Tab"\n\n    ', "    "),
            ("!!! note\n    ", "    "),
            ("  ", "  "),
            ("     ", "\t"),
        ]
    )
    return st.builds(
        lambda both, below: nest(*both, below), prefixes, st.lists(blocks, min_size=1, max_size=4)
    )


def blocks(wild):
    pairs = marker_pairs(wild)
    rest = fences | others | text.map(lambda one: [one])
    return st.recursive(pairs | pairs | rest | (spoiling if wild else rest), within, max_leaves=12)


BLOCKS = {wild: blocks(wild) for wild in (False, True)}


@st.composite
def pages(draw):
    wild = draw(st.booleans())
    lines = [line for block in draw(st.lists(BLOCKS[wild], max_size=6)) for line in block]
    ends = draw(st.sampled_from([["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]]))
    joined = "".join(line + draw(st.sampled_from(ends)) for line in lines)
    content = joined.encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        content = content.rstrip(b"\r\n")
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + content


def outside(content, mdx):
    """A page's bytes without what belongs to its markers: their bodies, and their checksums."""
    page = read(content, mdx=mdx)
    found, _ = places(page, "page")
    kept, at = [], 0
    for place in found:
        kept += page.lines[at : place.first.end]
        last = page.lines[place.last.line]
        kept.append(
            last[: place.last.column] + re.sub(rb"/snippet [0-9a-f]{12}", b"/snippet", last)
        )
        at = place.last.end
    kept += page.lines[at:]
    return content.startswith(b"\xef\xbb\xbf"), b"".join(kept)


def independently(content):
    """The code blocks that GitHub's own parser finds, and how often."""
    html = cmarkgfm.github_flavored_markdown_to_html(
        content.decode("utf-8", "replace"), Options.CMARK_OPT_UNSAFE
    )
    return Counter(Blocks(html).found)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(pages(), st.booleans(), code)
def test_any_page(content, mdx, code):
    file = "page.mdx" if mdx else "page.md"

    def snippets(request):
        names = ["python", "curl"] if request.sample.startswith("*") else ["python"]
        return [Snippet(client=one, label=one, fence=one, code=code) for one in names]

    result = inject(content, file, snippets)
    again = inject(content, file, snippets)
    assert result == again
    if result.problems:
        event("problems")
        assert result.content == content
        assert all(1 <= one.line <= len(content.splitlines()) for one in result.problems)
        return
    assert outside(result.content, mdx) == outside(content, mdx)
    twice = inject(result.content, file, snippets)
    assert (twice.content, twice.problems, twice.edited) == (result.content, (), ())
    number = len(places(read(content, mdx=mdx), file)[0])
    event(f"places: {min(number, 3)}")
    if number == 0:
        assert result.content == content
    elif not mdx and not any(one in content for one in [*BEYOND_GITHUB, b"---\na: b"]):
        event("read by GitHub's parser too")
        assert independently(result.content)[code] >= number


def test_the_formats_of_tabs_are_all_tried():
    assert {option.partition("=")[2] for option in OPTIONS if "tabs" in option} <= {*tabs.formats()}
