"""Samples are put between markers, and nowhere else."""

import pytest
from shown import CODE, snippets

from harness.pages.inject import checksum, inject
from harness.pages.page import read


def done(page, file="page.md"):
    result = inject(page, file, snippets)
    assert result.problems == ()
    return result.content


def told(page, file="page.md"):
    result = inject(page, file, snippets)
    assert result.content == page
    assert {one.file for one in result.problems} <= {file}
    return [(one.line, one.message) for one in result.problems]


PYTHON = "````python\n" + CODE["python"] + "````\n"


def test_a_sample_stands_between_its_markers_and_the_second_tells_its_checksum():
    page = done(b"# T\n<!-- snippet: python/basic -->\n<!-- /snippet -->\nend")
    body = PYTHON.encode()
    assert page == (
        b"# T\n<!-- snippet: python/basic -->\n"
        + body
        + b"<!-- /snippet %s -->\nend" % checksum(body).encode()
    )
    assert done(page) == page


def test_what_was_put_in_before_is_replaced():
    old = done(b"<!-- snippet: curl/basic -->\n<!-- /snippet -->\n").replace(b"curl/", b"python/")
    result = inject(old, "page.md", snippets)
    assert (result.problems, result.edited) == ((), ())
    assert PYTHON.encode() in result.content
    assert b"curl" not in result.content


PREFIXES = {
    "list": (b"- ", b"  ", b"  "),
    "number": (b"10.  ", b"     ", b"     "),
    "list with a tab": (b"-\t", b"    ", b" \t"),
    "indented with a tab": (b"-\n\t", b"    ", b"\t"),
    "quote": (b"> ", b"> ", b"> "),
    "tight quote": (b">", b"> ", b">"),
    "quotes": (b">>", b"> > ", b">>"),
    "quote with a tab": (b">>\t- ", b"> >    ", b">>\t  "),
    "list in a quote": (b">- ", b">   ", b">   "),
    "quote in a list": (b"* > ", b"  > ", b"  > "),
    "three columns": (b"   ", b"   ", b"   "),
}


@pytest.mark.parametrize(("first", "inner", "last"), PREFIXES.values(), ids=PREFIXES)
def test_what_a_marker_stands_in_goes_on(first, inner, last):
    page = first + b"<!-- snippet: python/basic -->\n" + last + b"<!-- /snippet -->\n"
    lines = done(page).splitlines()[1 + first.count(b"\n") : -1]
    expected = [inner + line if line else inner.rstrip() for line in PYTHON.encode().splitlines()]
    assert lines == expected
    (fence,) = read(done(page), mdx=False).fences
    assert fence.code == CODE["python"].encode()


def test_line_ends_are_those_of_the_marker():
    page = done(b"a\n<!-- snippet: python/basic -->\r\n<!-- /snippet -->\n")
    assert page.startswith(b"a\n<!-- snippet: python/basic -->\r\n````python\r\nprint")
    assert page.count(b"\r\n") == 1 + PYTHON.count("\n")


@pytest.mark.parametrize("file", ["page.md", "page.mdx"])
def test_comments_of_mdx_are_markers_too(file):
    page = done(b"{/* snippet: python/basic */}\n{/* /snippet */}  \n", file)
    assert PYTHON.encode() in page
    assert page.endswith(b" */}  \n")
    assert done(page, file) == page


def test_mdx_knows_no_indented_code():
    page = b"<A>\n      {/* snippet: python/basic */}\n      {/* /snippet */}\n</A>\n"
    assert b"\n      ````python\n" in done(page, "page.mdx")
    page = page.replace(b"<A>", b"").replace(b"</A>", b"")
    assert done(page, "page.md") == page


def test_a_title_stands_after_the_fence():
    page = done(b'<!-- snippet: python/basic title="In a file" -->\n<!-- /snippet -->\n')
    assert b'````python title="In a file"\n' in page


@pytest.mark.parametrize(
    "page",
    [
        b"```\n<!-- snippet: python/basic -->\n```\n",
        b"Write `<!-- snippet: python/basic -->` and `<!-- /snippet -->`.\n",
        b"    <!-- snippet: python/basic -->\n",
        b"<!--\n<!-- snippet: python/basic\n-->\n",
        b"<pre>\n<!-- snippet: python/basic -->\n</pre>\n",
        b"<!-- snippet of the week -->\n<!-- /snippets -->\n",
        b"<!-- Snippet: -->\n",
        b"\xff\xfes\0n\0i\0p\0snippet:\0",
    ],
)
def test_what_is_no_marker_is_left_alone(page):
    assert done(page) == page


def test_nothing_outside_the_markers_changes():
    odd = b"\xef\xbb\xbfa\0b\r\nc\rd\t \xff\xfe \x0b\x0c\xc2\x85\n\n"
    page = odd + b"<!-- snippet: python/basic -->\nold\n<!-- /snippet 0 -->\n" + odd[3:] + b"end \t"
    page = page.replace(b"old\n", b"").replace(b" 0 ", b" ")
    new = done(page)
    before, _, rest = new.partition(b"````python")
    assert before == odd + b"<!-- snippet: python/basic -->\n"
    assert rest.partition(b" -->\n")[2] == odd[3:] + b"end \t"


WRONG = {
    "no such sample": ("<!-- snippet: pyton/basic -->\n<!-- /snippet -->", 1, "no sample matches"),
    "unclosed": ("text\n\n<!-- snippet: python/basic -->", 3, "never closed"),
    "closed only": ("<!-- /snippet -->", 1, "closes no marker"),
    "doubled": (
        "<!-- snippet: curl/basic -->\n<!-- snippet: python/basic -->\n<!-- /snippet -->",
        2,
        "line 1 is still open",
    ),
    "nameless": ("<!-- snippet: -->\n<!-- /snippet -->", 1, "received nothing"),
    "two names": ("<!-- snippet: a/b c/d -->\n<!-- /snippet -->", 1, "received a/b c/d"),
    "a file": ("<!-- snippet: samples/curl/basic.sh -->\n<!-- /snippet -->", 1, "expected one"),
    "unknown option": ("<!-- snippet: a/b tab=plain -->\n<!-- /snippet -->", 1, "no option 'tab'"),
    "twice": ("<!-- snippet: a/b title=a title=b -->\n<!-- /snippet -->", 1, "here twice"),
    "empty option": ('<!-- snippet: a/b title="" -->\n<!-- /snippet -->', 1, "'title' is empty"),
    "broken option": ('<!-- snippet: a/b title="a -->\n<!-- /snippet -->', 1, 'received title="a'),
    "backtick": ("<!-- snippet: a/b title=`a` -->\n<!-- /snippet -->", 1, "backtick"),
    "no such format": ("<!-- snippet: a/b tabs=mkdoc -->\n<!-- /snippet -->", 1, "tab format"),
    "several": ("<!-- snippet: */basic -->\n<!-- /snippet -->", 1, "names 3 samples"),
    "ends in MDX": ("{/* snippet: */basic tabs=plain */}\n{/* /snippet */}", 1, "first */"),
    "in a line": ("a <!-- snippet: python/basic --> b", 1, "line of its own"),
    "with more": ("<!-- snippet: python/basic --> b\n<!-- /snippet -->", 1, "line of its own"),
    "several lines": ("<!-- snippet:\npython/basic -->\n<!-- /snippet -->", 1, "in one line"),
    "in HTML": ("<div>\n<!-- snippet: python/basic -->\n<!-- /snippet -->\n</div>", 2, "HTML"),
    "closed with more": (
        "<!-- snippet: python/basic -->\n<!-- /snippet: python/basic -->",
        2,
        "received ': python/basic'",
    ),
    "closed elsewhere": (
        "- <!-- snippet: python/basic -->\n\n<!-- /snippet -->",
        3,
        "this closes line 1",
    ),
    "closed by another kind": (
        "<!-- snippet: python/basic -->\n{/* /snippet */}",
        2,
        "this closes line 1",
    ),
}


@pytest.mark.parametrize(("page", "line", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_marker_is_told_with_its_line(page, line, message):
    first, *_ = told(page.encode())
    assert first[0] == line
    assert message in first[1]


def test_everything_wrong_is_told_in_one_go():
    page, lines = "", set()
    for text, line, _ in WRONG.values():
        if text.endswith("<!-- /snippet -->"):
            lines.add(page.count("\n") + line)
            page += f"{text}\n\n"
    assert len(lines) > 9
    assert {line for line, _ in told(page.encode())} == lines


@pytest.mark.parametrize(
    "edit",
    [
        (b"print", b"Print"),
        (b"````\n", b"````\nmore\n"),
        (b"````python\n", b"````py\n"),
        (b"<!-- /snippet ", b"<!-- /snippet 000000000000 -->\n<!-- "),
    ],
)
def test_what_was_changed_by_hand_is_told(edit):
    page = done(b"text\n\n<!-- snippet: python/basic -->\n<!-- /snippet -->\n")
    old, new = edit
    spoiled = page.replace(old, new, 1).replace(b"000000000000", b"0123456789ab")
    if old.startswith(b"<!--"):
        spoiled = spoiled.replace(b"print", b"Print")
    result = inject(spoiled, "page.md", snippets)
    (problem,) = result.edited
    assert (problem.file, problem.line) == ("page.md", 3)
    assert "by hand" in problem.message


@pytest.mark.parametrize("old", [b"", b"\n", b"  \n\n", PYTHON.encode()])
def test_what_nobody_will_miss_is_replaced(old):
    page = b"<!-- snippet: python/basic -->\n" + old + b"<!-- /snippet -->\n"
    result = inject(page, "page.md", snippets)
    assert result.edited == ()
    assert PYTHON.encode() in result.content


def test_a_page_may_be_indented_anew_or_get_other_line_ends():
    page = done(b"<!-- snippet: curl/basic -->\n<!-- /snippet -->\n").replace(b"curl/", b"python/")
    moved = b"".join(b"  " + line for line in page.splitlines(keepends=True))
    for other in (b"- x\n\n" + moved, page.replace(b"\n", b"\r\n")):
        result = inject(other, "page.md", snippets)
        assert result.edited == ()
        assert b"Gr\xc3\xbc\xc3\x9fe" in result.content


MANGLED = [
    ("page.mdx", "{/_ snippet: python/basic _/}"),
    ("page.mdx", "{/\\* snippet: python/basic \\*/}"),
    ("page.mdx", "\\{/\\* snippet: python/basic \\*/}"),
    ("page.md", "{/_ snippet: python/basic _/}"),
    ("page.md", "\\<!-- snippet: python/basic -->"),
    ("page.md", "<\\!-- snippet: python/basic -->"),
    ("page.md", "&lt;!-- snippet: python/basic --&gt;"),
    ("page.mdx", "&lt;!-- snippet: python/basic --&gt;"),
    ("page.md", "<!- snippet: python/basic -->"),
    ("page.md", "> \\<!-- snippet: python/basic -->"),
    ("page.md", "Text\n\\<!-- snippet: python/basic -->"),
]


@pytest.mark.parametrize(("file", "marker"), MANGLED)
def test_a_marker_that_a_formatter_has_changed_is_told(file, marker):
    page = f"# T\n\n{marker}\n\nText.\n"
    ((line, message),) = told(page.encode(), file)
    assert line == 3 + marker.count("\n")
    assert "something like a marker stands here, and is text" in message


@pytest.mark.parametrize(
    "marker",
    [
        "snipet: python/basic",
        "snippets: python/basic",
        "Snippet: python/basic",
        "SNIPPET: python/basic",
        "snippet python/basic",
        "snippet : python/basic",
        "sinppet: basic tabs=plain",
    ],
)
@pytest.mark.parametrize("file", ["page.md", "page.mdx"])
def test_a_marker_that_is_misspelt_is_told(marker, file):
    begin, end = ("{/*", "*/}") if file.endswith("x") else ("<!--", "-->")
    page = f"# T\n\n{begin} {marker} {end}\n".encode()
    assert told(page, file) == [(3, "this comment is like a marker, and is none")]


@pytest.mark.parametrize(
    "page",
    [
        "`\\<!-- snippet: python/basic -->`\n",
        "```md\n\\<!-- snippet: python/basic -->\n```\n",
        "Write \\<!-- snippet: python/basic --> in a line.\n",
        "<!-- Snippet: see below -->\n",
        "<!-- snippets are made by a/b -->\n",
    ],
)
def test_what_speaks_of_markers_is_none(page):
    assert done(page.encode()) == page.encode()
