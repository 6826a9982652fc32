import ast

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.render.comment import comment
from harness.render.sample import render

BREAKOUTS = [
    "", "a\nx()", "a\rx()", "a\r\nx()", "a\u2028x()", "a\u2029x()", "a\x85x()", "a\x0bx()", "a\x0cx()",
    "*/ x() /*", '""" + x() + """', "'''", '"', "\\", "\\\n", '\\"""', "ends with \\", 'ends with "',
    "coding: utf-7", "-*- coding: latin-1 -*-", "vim: set fileencoding=utf-16 :", "\0", "\x1b[2J",
    "\x1a", "-->", "<!--", "${x}", "$(x)", "`x`", "{{ x }}", "{% x %}", "\\N{x}", "\\u", "\ufeff", "!x",
]  # fmt: skip
TEXT = st.text() | st.sampled_from(BREAKOUTS) | st.lists(st.sampled_from(BREAKOUTS)).map("".join)
BATCH = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
COUNT = {
    "python": ("# ", "n = 0\n", "n += 1\n", "print(n)\n"),
    "javascript": ("// ", "let n = 0;\n", "n += 1;\n", "console.log(n);\n"),
    "curl": ("# ", "n=0\n", "n=$((n + 1))\n", "echo $n\n"),
    "perl": ("# ", "$n = 0;\n", "$n += 1;\n", 'print "$n\\n";\n'),
}


@pytest.mark.parametrize("language", COUNT)
@BATCH
@given(st.lists(TEXT, min_size=50, max_size=150))
@example(BREAKOUTS)
def test_no_text_ends_its_comment_or_swallows_what_follows(language, run, texts):
    prefix, first, step, last = COUNT[language]
    program = first + "".join(f"{comment(text, prefix)}\n{step}" for text in texts) + last
    assert run(language, program) == f"{len(texts)}\n"


@settings(deadline=None, max_examples=100)
@given(TEXT.filter(bool), TEXT.filter(bool))
@example("coding: utf-7", "coding: utf-16")
@example('"""', '\\"""')
def test_no_title_changes_a_python_sample(cells, title, summary):
    cell = cells["python/basic"]
    scenario = msgspec.structs.replace(cell.scenario, title=title, summary=summary)
    changed = render(msgspec.structs.replace(cell, scenario=scenario))
    # Bytes, so that Python looks for a declared encoding.
    trees = [ast.parse(text.encode()) for text in (render(cell), changed)]
    assert isinstance(trees[1].body[0].value.value, str)
    assert ast.dump(ast.Module(trees[0].body[1:], [])) == ast.dump(
        ast.Module(trees[1].body[1:], [])
    )


@settings(deadline=None, max_examples=100)
@given(TEXT.filter(bool), TEXT.filter(bool))
@pytest.mark.parametrize("id_", ["javascript/basic", "curl/streaming"])
def test_no_title_changes_another_sample(cells, id_, title, summary):
    cell = cells[id_]
    scenario = msgspec.structs.replace(cell.scenario, title=title, summary=summary)
    changed = render(msgspec.structs.replace(cell, scenario=scenario))
    head, _, body = changed.partition("\n\n")
    assert body == render(cell).partition("\n\n")[2]
    assert all(line.startswith(("//", "#")) for line in head.splitlines())


def test_lines_are_wrapped_to_the_width():
    lines = comment("word " * 40, "# ", 30).splitlines()
    assert len(lines) > 5
    assert all(line.startswith("# word") and len(line) <= 30 for line in lines)
