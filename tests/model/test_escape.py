"""Foreign text is only ever text, whoever reads it."""

import json
import time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from readers import HOSTILE, NASTY, commands, moves, rendered

from harness.model import escape

COMMANDS = [
    ("::error file=README.md,line=1::made up", "\\x3a:error file=README.md,line=1::made up"),
    ("\t ::stop-commands::token", "\t \\x3a:stop-commands::token"),
    ("one\n::warning::two", "one\n\\x3a:warning::two"),
    ("seen: ##[error]made up", "seen: \\x23#[error]made up"),
    ("##vso[task.complete]", "\\x23#vso[task.complete]"),
    ("##teamcity[buildStop]", "\\x23#teamcity[buildStop]"),
    ("###[x]", "#\\x23#[x]"),
    # The runner trims these, or they are nothing to it.
    ("\u3000::error::x", "\\u3000::error::x"),
    (":\u200b:error::x", ":\\u200b:error::x"),
    ("a\r::error::x", "a\\r::error::x"),
    ("❤\ufe0f::error::x", "❤\ufe0f\\x3a:error::x"),
    ("##\u0301[error]x", "\\x23#\u0301[error]x"),
]

PLAIN = [
    "std::string, a::b, ## heading [link]",
    "café: 日本語, ❤\ufe0f, naïve",
    "one\n\ttwo # three [4]\n",
    "C:\\x1b\\u202e",
    "",
]


@pytest.mark.parametrize(("text", "inert"), COMMANDS)
def test_no_text_is_a_command_to_ci(text, inert):
    assert escape.log(text) == inert
    assert commands(text)
    assert not commands(inert)


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_harmless_stays_as_it_is(text):
    assert escape.log(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb\x08\x07\x00\x7f", "a\\rb\\x08\\x07\\x00\\x7f"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202ecod.exe\u2066", "\\u202ecod.exe\\u2066"),
        ("pay\u200bpal\ufeff\u034f\u3164", "pay\\u200bpal\\ufeff\\u034f\\u3164"),
        ("a\ufe0fb\U000e0041", "a\\ufe0fb\\U000e0041"),
        ("\ud83d\ufffe\u2028", "\\ud83d\\ufffe\\u2028"),
    ],
)
def test_what_a_terminal_obeys_or_nobody_sees_is_seen(text, seen):
    assert moves(text) or "\ufe0f" in text
    assert escape.visible(text) == seen


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_a_log_and_a_terminal_take_any_text_for_text(text):
    seen = escape.log(text)
    assert not commands(seen)
    assert not moves(seen)
    assert escape.log(seen) == seen
    assert seen.count("\n") == text.count("\n")
    assert "\n" not in escape.one_line(text)


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_xml_holds_any_text(text):
    element = ET.Element("a", b=escape.visible(text))
    element.text = escape.visible(text)
    held = ET.fromstring(ET.tostring(element))
    assert (held.text or "") == held.get("b") == escape.visible(text)


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_html_within_markdown_is_only_text(text):
    page = f"<details><summary><code>{escape.html(text)}</code></summary></details>\n\nafter *it*\n"
    tags, texts = rendered(page)
    assert (
        tags == rendered("<details><summary><code>x</code></summary></details>\n\nafter *it*\n")[0]
    )
    assert texts[2] == escape.visible(text)


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_code_in_markdown_is_only_text(text):
    tags, texts = rendered(f"a {escape.code_span(text)} b\n\n{escape.code_block(text)}\n\nafter\n")
    wanted, _ = rendered(f"a {escape.code_span('x')} b\n\n{escape.code_block('x')}\n\nafter\n")
    assert tags == wanted
    assert texts[1].strip() == escape.one_line(text).strip()
    assert texts[3].rstrip("\n") == escape.visible(text).rstrip("\n")


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_json_that_is_printed_is_the_same_document(text):
    document = json.dumps({text: [text]}, indent=2, ensure_ascii=False)
    printed = escape.json(document)
    assert json.loads(printed) == {text: [text]}
    assert not commands(printed)
    assert not moves(printed)


def test_a_text_is_cut_with_a_word():
    assert escape.cut("x" * 100, 100) == "x" * 100
    found = escape.cut("x" * 101, 100)
    assert len(found) == 100
    assert found.endswith("… the rest is in the report")


def test_a_long_text_takes_no_long():
    begin = time.process_time()
    for text in (
        "#" * 50_000,
        "#é" * 50_000,
        ":" * 50_000,
        "#" + "é" * 50_000,
        "é" * 50_000 + "::",
    ):
        assert not commands(escape.log(text))
    assert time.process_time() - begin < 5
