"""Annotations: the ones that matter come first, none is lost in silence, none can be forged."""

import re

import pytest
from hypothesis import example, given, settings
from readers import HOSTILE, NASTY, commands, moves, rendered

from harness.model.escape import cut, log, one_line
from harness.report.github import MESSAGE, SHOWN, TITLE, annotate, summary, unpublished

HEADER = {"type": "report", "mode": "replay", "cells": 1}


def cell(name="python/basic", *findings, verdict="fail", model="m", fault=None):
    client, scenario = name.partition("@")[0].split("/")
    line = {
        "type": "cell",
        "id": name,
        "client": client,
        "scenario": scenario,
        "model": model,
        "sample": {"path": f"samples/{client}/{scenario}.x"},
        "verdict": verdict,
        "findings": list(findings),
        "not_evaluated": [],
        "recording": {"provenance": "authored"},
    }
    return {**line, "fault": fault} if fault else line


def finding(check="output.text", message="it differs", severity="error", received="b"):
    return {
        "check": check,
        "severity": severity,
        "message": message,
        "expected": "a",
        "received": received,
    }


def test_a_finding_stands_beside_its_sample():
    (one,) = annotate([HEADER, cell("python/basic", finding())], "project/")
    assert str(one) == (
        "::error file=project/samples/python/basic.x,title=python/basic%3A output.text"
        "::it differs%0Aexpected a%0Areceived b%0Arerun: sampleproof run 'python/basic'"
    )


def test_a_note_is_told_in_the_summary_alone_and_once():
    note = finding("answer.wording", "it is worded <otherwise>", "note")
    lines = [cell(f"python/s{i}", note, verdict="pass") for i in range(9)]
    live = {**HEADER, "mode": "live", "endpoint": {"name": "near", "url": "http://127.0.0.1:1/v1"}}
    assert annotate([live, *lines]) == []
    text = summary([live, *lines])
    assert "<summary>1 note</summary>" in text
    assert text.count("answer.wording: it is worded &lt;otherwise&gt; (9 samples)") == 1
    assert "rerun:" not in text
    assert "The answers came from a live endpoint, `http://127.0.0.1:1/v1`." in text
    (one,) = annotate([live, cell("curl/basic", finding())])
    assert one.message.endswith("rerun: sampleproof run --live http://127.0.0.1:1/v1 'curl/basic'")


def test_what_is_the_same_in_many_samples_is_told_once():
    lines = [cell(f"python/basic@{model}", finding(), model=model) for model in "abc"]
    (one,) = annotate([HEADER, *lines])
    assert one.title == "python/basic@a: output.text, and 2 others"


def test_every_check_is_heard_before_any_is_heard_twice():
    lines = [cell(f"python/s{i}", finding(message=f"text {i}")) for i in range(20)]
    lines += [cell("python/last", finding("secret.kept", "the token is shown"))]
    found = annotate([HEADER, *lines])
    assert len(found) == SHOWN
    assert [one.title for one in found[:3]] == [
        "python/s0: output.text",
        "python/last: secret.kept",
        "python/s1: output.text",
    ]
    assert found[-1].title == "12 more findings of this kind"


def test_a_harness_that_could_not_work_comes_before_all_else_and_once():
    fault = {"message": "Node is missing", "remedy": "install it"}
    lines = [cell("python/basic", finding())]
    lines += [cell(f"javascript/s{i}", verdict="error", fault=fault) for i in range(3)]
    first, second = annotate([HEADER, *lines])
    assert first.title == "javascript/s0: error, and 2 others"
    assert first.message.startswith("Node is missing\nremedy: install it\n")
    assert second.title == "python/basic: output.text"


def test_the_widest_finding_of_a_check_comes_first():
    lines = [cell("python/one", finding(message="rare"))]
    lines += [cell(f"curl/s{i}", finding(message="common")) for i in range(3)]
    assert [one.message.partition("\n")[0] for one in annotate([HEADER, *lines])] == [
        "common",
        "rare",
    ]


def test_warnings_and_declared_deviations_have_a_budget_of_their_own():
    lines = [cell(f"python/s{i}", finding(message=f"text {i}")) for i in range(12)]
    lines += [cell("curl/basic", finding(severity="warning"))]
    lines += [cell("curl/late", finding("exit.status"), verdict="deviates")]
    found = annotate([HEADER, *lines])
    assert [one.level for one in found] == ["error"] * SHOWN + ["warning"] * 2


def test_clients_that_differ_are_told():
    line = {
        "type": "parity",
        "scenario": "basic",
        "model": "m",
        "verdict": "fail",
        "findings": [finding("parity.request", "they differ\n  field  a  b")],
        "not_evaluated": [],
    }
    (one,) = annotate([HEADER, line])
    assert one.file == ""
    assert one.message == "they differ\n  field  a  b\nrerun: sampleproof run '*/basic@m'"
    text = summary([HEADER, cell(verdict="pass"), line])
    assert "<summary><code>*/basic@m</code>: fail</summary>" in text


@pytest.mark.parametrize(
    "text", ["a\n::error::forged", "a\r::stop-commands::x", "100%0A::error::x", "\x1b[31m"]
)
def test_what_a_sample_prints_can_begin_no_command_of_its_own(text):
    (one,) = annotate([HEADER, cell("python/basic", finding(received=text))])
    assert len(str(one).splitlines()) == 1
    assert "\x1b" not in str(one)


def test_the_summary_is_a_table_with_what_explains_each_failure():
    lines = [
        HEADER,
        cell("curl/basic", verdict="pass"),
        cell("python/basic", finding(received="</pre><script>x</script>\n\n```")),
        {"type": "parity", "scenario": "basic", "model": "m", "verdict": "skipped"},
    ]
    text = summary(lines)
    assert text.startswith("## 2 samples: 1 fail, 1 pass\n\n<table>\n")
    row = "<code>basic</code></td><td>✅ pass</td><td>❌ fail</td><td>–</td>"
    assert f"<tr><td>{row}</tr>" in text
    tags, texts = rendered(text)
    assert ("script",) not in tags
    assert (
        "output.text: it differs\nexpected a\nreceived </pre><script>x</script> ⏎  ⏎ ```\n"
        "rerun: sampleproof run 'python/basic'"
    ) in texts
    assert "authored from the service's documented shapes" in text


def test_a_summary_of_thousands_stays_small():
    lines = [HEADER]
    for i in range(1000):
        lines += [cell(f"python/s{i}@m{i}", finding(message="x" * 100), model=f"m{i}")]
        lines += [cell(f"curl/s{i}@m{i}", verdict="pass", model=f"m{i}")]
    text = summary(lines)
    assert len(text) < 2**20
    assert "970 more in the report." in text


def test_what_must_not_be_published_is_told_with_what_mends_it():
    line = unpublished("docs/a.md", "docs/a.md", "is stale; mend it with: make docs")
    (one,) = annotate([HEADER, line], "p/")
    assert str(one).startswith("::error file=p/docs/a.md,title=docs/a.md%3A published::is stale; ")
    assert "rerun" not in str(one)
    text = summary([HEADER, cell(verdict="pass"), line])
    assert text.startswith("## 1 sample: 1 not to be published, 1 pass\n")
    assert "<summary><code>docs/a.md</code>: stale</summary>" in text


def foreign(text, verdict="fail"):
    """A report all of whose words are foreign."""
    note = finding("answer.wording", text, "note")
    live = {**HEADER, "mode": "live", "endpoint": {"name": text, "url": text}}
    one = cell("python/basic", finding(text, text, received=text), note)
    fault = cell("curl/basic", verdict="error", fault={"message": text, "remedy": text})
    named = {"id": text, "client": text, "scenario": text, "model": text, "not_evaluated": [text]}
    compared = {
        "type": "parity",
        "scenario": text,
        "model": text,
        "verdict": "fail",
        "findings": [finding("parity.request", text)],
        "not_evaluated": [],
    }
    return [
        live,
        {**one, **named, "sample": {"path": text}},
        fault,
        compared,
        unpublished(text, text, text),
    ]


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_a_summary_has_the_same_elements_whatever_it_tells(text):
    wanted, _ = rendered(summary(foreign("x")))
    shown = summary(foreign(f"x{text}"))
    assert rendered(shown)[0] == wanted
    assert not moves(shown)


UNESCAPED = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


def understood(line):
    """A workflow command, its properties and its data, as GitHub's runner reads them."""
    command, properties, data = re.fullmatch(r"::(\w+) (.*?)::(.*)", line).groups()
    pairs = dict(one.split("=", 1) for one in properties.split(","))
    for code, char in UNESCAPED:
        pairs = {name: value.replace(code, char) for name, value in pairs.items()}
        data = data.replace(code, char) if char not in ":," else data
    return command, pairs, data


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
def test_an_annotation_says_what_it_was_given_and_is_one_command(text):
    for one in annotate(foreign(f"x{text}"), "p/"):
        (line,) = re.split(r"\r\n|\r|\n", str(one))
        command, properties, data = understood(line)
        assert command == one.level
        assert set(properties) <= {"file", "title"}
        assert properties["title"] == cut(log(one_line(one.title)), TITLE)
        assert data == cut(log(one.message), MESSAGE)
        assert not commands(data)
        assert not moves(data)


def test_what_is_too_long_for_github_is_cut_with_a_word():
    lines = [
        HEADER,
        *(cell(f"python/{i}{'s' * 300}", finding(message="<\n" * 90_000)) for i in range(40)),
    ]
    text = summary(lines)
    assert len(text.encode()) < 2**20
    assert "… the rest is in the report" in text
    left_out = int(re.search(r"\n(\d+) more in the report", text)[1])
    tags, _ = rendered(text)
    assert tags.count(("details",)) == tags.count("/details") == 40 - left_out
    for one in annotate(lines):
        _, properties, data = understood(str(one))
        assert len(properties["title"]) <= 255
        assert len(data) <= 4096


def test_a_table_that_is_too_large_is_cut_with_a_word():
    lines = [HEADER, *(cell(f"python/{i}{'<' * 300}", finding()) for i in range(1000))]
    text = summary(lines)
    assert len(text.encode()) < 2**20
    assert "more rows in the report." in text
