"""The reader of Markdown notices when a page no longer says what happens."""

import pytest
from walk import Block, blocks, calls, prints

SAID = """\
curl/basic    pass    0.05 s
python/basic  fail    0.26 s
    request.body: it differs
      expected  1
…
2 samples
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("0.05", "12.34"), ("…\n", "any\n\nlines\n"), ("…\n", ""), ("0.05 s", " 0.05 s")],
)
def test_what_differs_from_run_to_run_is_no_matter(old, new):
    assert prints(SAID, SAID.replace(old, new))


def test_the_order_of_samples_is_no_matter():
    assert prints("2 samples: 1 pass, 1 fail\n", "2 samples: 1 fail, 1 pass\n")
    assert not prints("2 samples: 1 pass, 1 fail\n", "2 samples: 2 pass\n")
    first, second, why, more, *rest = SAID.splitlines(keepends=True)
    assert prints(SAID, "".join([second, why, more, first, *rest]))
    assert not prints(SAID, "".join([second, first, why, more, *rest])), "explains another sample"


@pytest.mark.parametrize(
    ("old", "new"), [("fail", "pass"), ("it differs", "other"), ("2 samples", "3 samples")]
)
def test_what_a_page_says_otherwise_is_noticed(old, new):
    assert not prints(SAID, SAID.replace(old, new))


def test_fences_are_found_with_their_files():
    text = 'a\n```yaml title="b/c.yaml"\nd: 1\n```\n```console\n$ e f\ng\n$ h\n```\n'
    assert blocks(text) == [
        Block("yaml", "b/c.yaml", "d: 1\n"),
        Block("console", "", "$ e f\ng\n$ h\n"),
    ]
    assert list(calls(blocks(text, "console")[0].text)) == [("e f", "g\n"), ("h", "")]


def test_a_command_that_prints_something_else_is_noticed(clone):
    clone.do(Block("console", "", "$ echo one\none\n"))
    with pytest.raises(AssertionError, match=r"\$ echo two\ntwo"):
        clone.do(Block("console", "", "$ echo two\none\n"))
