"""What a page is read as. The expected code is what a reader of the page would copy."""

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from shown import Blocks

from harness.pages.page import read


def codes(text, *, mdx=False):
    return [fence.code for fence in read(text, mdx=mdx).fences]


def comments(text, *, mdx=False):
    return [(one.line, one.where) for one in read(text, mdx=mdx).comments]


PAGES = {
    "plain": (b"```python\na\n\n  b\n```\n", [b"a\n\n  b\n"]),
    "tildes, longer, and unclosed": (b"~~~~ x\n```\n~~~\n", [b"```\n~~~\n"]),
    "indented by two": (b"  ```\n  a\n b\n    c\n  ```\n", [b"a\nb\n  c\n"]),
    "in a list": (b"- x\n\n  ```\n  a\n\n  \tb\n  ```\n", [b"a\n\n\tb\n"]),
    "on a list's own line": (b"1. ```\n   a\n   ```\n", [b"a\n"]),
    "in a quote in a list": (b"- > ```\n  > a\n  >\n  >  b\n  > ```\n", [b"a\n\n b\n"]),
    "ended by the end of its quote": (b"> ```\n> a\nb\n", [b"a\n"]),
    "twice": (b"```\na\n```\n```\nb\n```", [b"a\n", b"b\n"]),
    "empty": (b"```\n```\n", [b""]),
    "not in indented code": (b"    ```\n    a\n    ```\n", []),
    "not in a comment": (b"<!--\n```\na\n```\n-->\n", []),
    "not in HTML": (b"<pre>\n```\na\n```\n</pre>\n", []),
    "not in a line": (b"a ``` b\nc ```\n", []),
}


@pytest.mark.parametrize(("page", "expected"), PAGES.values(), ids=PAGES)
def test_fences_are_found_where_github_finds_them(page, expected):
    assert codes(page) == expected
    html = cmarkgfm.github_flavored_markdown_to_html(page.decode(), Options.CMARK_OPT_UNSAFE)
    fenced = [] if page.startswith((b"    ", b"<pre>")) else Blocks(html).found
    assert fenced == [code.decode() for code in expected]


def test_code_is_the_page_s_own_bytes():
    code = b"a\0\r\n\xff\tb\x0bc\xc2\x85d\r\ne\rf\n"
    assert codes(b"\xef\xbb\xbf```\r\n" + code + b"```\n") == [code]


@pytest.mark.parametrize(
    "opener", ['=== "Python"', '===! "Python"', "!!! note", '??? tip "More"', "???+ tip"]
)
def test_tabs_and_admonitions_of_mkdocs_hold_what_is_indented(opener):
    page = (
        f'{opener}\n\n    ```\n    a\n    ```\n\n    === "b"\n\n        ~~~\n        c\n\n```\nd\n'
    )
    assert codes(page.encode()) == [b"a\n", b"c\n\n", b"d\n"]


def test_mdx_has_no_indented_code_and_reads_within_elements():
    page = b"<Tabs>\n<TabItem>\n      ```js\n      a\n      ```\n</TabItem>\n</Tabs>\n"
    assert codes(page, mdx=True) == [b"a\n"]
    assert codes(page) == []


def test_front_matter_is_no_text():
    assert codes(b"---\na: |\n  ```\n---\n```\nb\n```\n") == [b"b\n"]
    assert codes(b"---\n```\nb\n```\n") == [b"b\n"]


def test_comments_are_told_by_where_they_stand():
    page = (
        b"<!-- a -->\ntext\n<!-- b -->\n- <!-- c -->\n\ntext <!-- d --> and `<!-- e -->`\n"
        b"and\n{/* f */}\n\n<div>\n<!-- g -->\n</div>\n\n<pre>\n<!-- h -->\n</pre>\n"
    )
    assert comments(page) == [
        (0, "alone"),
        (2, "alone"),
        (3, "alone"),
        (5, "text"),
        (7, "alone"),
        (10, "html"),
    ]


@pytest.mark.parametrize(
    "page",
    [
        b"```\n<!-- a -->\n```\n",
        b"    <!-- a -->\n",
        b"`<!-- a -->`\n",
        b"``\ntext {/* a */}\n``\n",
        b"\\<!-- a -->\n",
        b"---\n<!-- a -->\n---\n",
    ],
)
def test_what_only_looks_like_a_comment(page):
    assert comments(page) == []


def test_a_comment_may_take_several_lines_and_holds_no_other():
    page = b"<!--\n<!-- a\n-->\n{/*\n```\n*/}\n{/* never closed\n```\nb\n"
    assert comments(page) == [(0, "alone"), (3, "alone")]
    assert codes(page) == [b"b\n"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_any_few_bytes_are_a_page(size):
    for text in (
        b"`",
        b"~",
        b"-",
        b"<!--",
        b"{/*",
        b"\xff",
        b"\0",
        b"---\n ",
        b"\r",
        b">",
        b"!!! a",
    ):
        for mdx in (False, True):
            read(text * size, mdx=mdx)
            read((text + b"\n") * size, mdx=mdx)


def test_front_matter_of_toml_is_no_text():
    page = b'+++\ntitle = """\n<!-- a -->\n```\n"""\n+++\n\n<!-- b -->\n'
    assert comments(page) == [(7, "alone")]
    assert codes(page) == []
    assert comments(b"+++\n<!-- a -->\n") == [(1, "alone")], "which is never closed"


DATA = {
    "an export": "export const x = `\n{}\n\n{}\n`;\n",
    "an export over empty lines": "export const x = {{\n\n  a: [`\n{}\n`],\n}};\n",
    "an export with a brace in a string": "export const x = '{{' + \"`\" + `\n{}\n`\n",
    "an export with a template in a template": "export const x = `${{`\n{}\n`}}\n{}\n`\n",
    "an export with a comment": "export const x = 1 /* `\n{} */ + `\n{}\n`; // `\n",
    "an attribute": "<P code={{`\n{}\n\n{}\n`}} />\n",
    "an attribute after others": "<P a=\"{{\" b='>' c\n  d={{`\n{}\n`}}>\n\n</P>\n",
    "an attribute within text": "Text <P code={{`\n{}\n`}} /> text\n",
    "an attribute in one line": '<P code={{"{}"}} />\n',
    "an attribute within a line": 'Text <P code={{"{}"}} /> text\n',
    "an attribute in a list": "- <P code={{`\n  {}\n  `}} />\n",
    "an attribute in a quote": "> <P code={{`\n> {}\n> `}} />\n",
    "an expression": "{{`\n{}\n\n{}\n`}}\n",
    "an expression within text": "Text {{`\n{}\n`}} text\n",
    "an expression in one line": "{{'{}'}}\n",
}


@pytest.mark.parametrize("text", DATA.values(), ids=DATA)
def test_in_javascript_of_mdx_there_is_no_comment_of_the_page(text):
    marker = "{/* snippet: python/basic */}"
    page = f"{text.format(marker, marker)}\n{marker}\n"
    assert comments(page.encode(), mdx=True) == [(page.count("\n") - 1, "alone")]


@pytest.mark.parametrize(
    "page",
    [
        "import it, `he said.\n\n{}\n",
        "export nothing {{ of it\n\n{}\n",
        "a < b {{ c\n\n{}\n",
        "`<P a={{` b\n\n{}\n",
        "\\{{ a\n\n{}\n",
        "<P>\n{}\n</P>\n",
        "<P a={{1}}>\n{}\n</P>\n",
        "importer `\n\n{}\n",
        "  export const x = `\n\n{}\n\n`\n",
        "```js\nexport const x = `\n```\n\n{}\n",
    ],
)
def test_what_is_no_javascript_hides_nothing(page):
    marker = "{/* snippet: python/basic */}"
    assert len(comments(page.format(marker).encode(), mdx=True)) == 1


def test_text_after_an_expression_is_text():
    assert comments(b"<P a={1} /> {/* b */}\n", mdx=True) == [(0, "text")]


def test_markdown_knows_no_javascript():
    assert comments(b"export const x = `\n\n<!-- a -->\n\n`\n") == [(2, "alone")]
