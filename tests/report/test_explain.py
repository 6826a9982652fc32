"""A failure says what was expected, what came, and how to run just it again."""

import pytest
from hypothesis import example, given, settings
from readers import HOSTILE, NASTY, commands, moves

from harness.model.finding import Finding
from harness.outcome import Fault, Outcome
from harness.printer import Styled, safe
from harness.report import explain
from harness.report.columns import columns


@pytest.fixture(scope="session")
def told_of(project):
    def lines(**fields):
        one = Outcome(cell=next(project.cells()), sha256=None, **fields)
        return list(explain.outcome(one, "sampleproof run curl/basic", str))

    return lines


@pytest.fixture
def told(told_of):
    return told_of


def test_a_pass_needs_no_words(told):
    assert told(verdict="pass") == []


def test_a_failure(told):
    finding = Finding(
        check="output.text", message="another text", expected="one\ntwo", received="\x1b[31mred"
    )
    assert told(verdict="fail", findings=(finding,), not_evaluated=("a", "b")) == [
        "output.text: another text",
        "  expected  one",
        "            two",
        "  received  \\x1b[31mred",
        "not evaluated: a, b",
        "rerun: sampleproof run curl/basic",
    ]


def test_nothing_that_a_sample_or_an_endpoint_says_is_a_command_to_ci(told):
    said = "fine\n::error::made up\n  ##[error]made up"
    finding = Finding(check="output.text", message=said, expected=said, received=said)
    fault = Fault(message=said)
    for lines in (told(verdict="fail", findings=(finding,)), told(verdict="error", fault=fault)):
        for line in "\n".join(lines).split("\n"):
            assert not line.lstrip().startswith("::"), line
            assert "##[" not in line, line


def test_the_newline_at_the_end_is_no_line(told):
    finding = Finding(check="output.text", message="m", expected="a\n\nb\n", received="")
    assert told(verdict="fail", findings=(finding,))[1:-1] == [
        "  expected  a",
        "            ",
        "            b",
        "  received  nothing",
    ]


def test_commands_are_told_as_they_can_be_typed(project):
    fault = Fault(message="x is missing\n  run: sampleproof a", remedy="run: sampleproof b")
    one = Outcome(cell=next(project.cells()), sha256=None, verdict="error", fault=fault)
    told = explain.outcome(
        one, "sampleproof c", lambda text: text.replace("sampleproof", "./sampleproof")
    )
    assert list(told) == [
        "x is missing",
        "  run: ./sampleproof a",
        "remedy: run: ./sampleproof b",
        "rerun: ./sampleproof c",
    ]


def test_long_values_are_cut(told):
    finding = Finding(
        check="c", message="m", expected="\n".join("x" * 999 for _ in range(99)), received=None
    )
    lines = told(verdict="fail", findings=(finding,))
    assert "            … 91 more lines in the report" in lines
    assert max(map(len, lines)) < 180
    assert "  received  nothing" in lines


def test_one_line_more_is_one(told):
    finding = Finding(check="c", message="m", expected="x\n" * 8 + "x", received=None)
    assert "            … 1 more line in the report" in told(verdict="fail", findings=(finding,))


def test_an_error_names_its_remedy(told):
    lines = told(verdict="error", fault=Fault(message="there is no node", remedy="install it"))
    assert lines == ["there is no node", "remedy: install it", "rerun: sampleproof run curl/basic"]


def test_columns_are_as_wide_as_their_widest_cell_and_colour_takes_no_room():
    rows = [["a", "bb", ""], [Styled("ccc", "red"), "", "d"], ["日本\x1b", "e\nf", "g"]]
    found = columns(rows)
    assert ["".join(one.text for one in safe(line)) for line in found] == [
        "a         bb",
        "ccc             d",
        "日本\\x1b  e\\nf  g",
    ]
    assert Styled("ccc", "red") in found[1]


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_every_line_of_an_explanation_is_only_text(told_of, text):
    finding = Finding(check=text, message=text, expected=text, received={text: [text]})
    fault = Fault(message=text, remedy=text)
    for lines in (
        told_of(verdict="fail", findings=(finding,), not_evaluated=(text,)),
        told_of(verdict="error", fault=fault),
    ):
        assert not any("\n" in line for line in lines)
        assert not commands("\n".join(lines))
        assert not moves("".join(lines))
