"""Whatever a file named as a report holds: it is refused with file, line and field, or read whole."""

import copy
import json
import os
import random
import shutil
import time
from contextlib import suppress
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from reported import SHA256, cell, parity, ran, whole, write

from harness.cli.main import invoke
from harness.model.problem import InvalidError
from harness.report import junit, ndjson
from harness.report.decode import UnfitError, decode, schema

SECONDS = float(os.environ.get("FUZZ_S", "6"))

LEAST = 40
"""Reports that are tried, however slow the machine is."""

SHARD = {
    "index": 1,
    "of": 1,
    "groups": [0],
    "whole": {"cells": 3, "groups": 1, "sha256": SHA256},
}

ODD = (
    *(
        None,
        True,
        False,
        0,
        -1,
        7,
        2**62,
        10**30,
        1.5,
        "",
        "x",
        '"',
        "\x00\x1b\ufffe",
        "a|b",
    ),
    *("http://[::1", "h://h:99999/?a=%zz", "::error::x", "../..", "\U0001f600", "x" * 5000),
    *([], {}, [[]], [{}], {"a": {}}, [1, "a"], {"base64": "!"}, {"type": "cell"}),
)


def report():
    lines = [
        ran("python/basic", "fail"),
        ran("curl/basic"),
        cell("javascript/basic", "error"),
        parity("basic", "fail", clients=["curl", "javascript", "python"]),
    ]
    found = whole(*lines, exit_code=1)
    found[0]["run"]["shard"] = copy.deepcopy(SHARD)
    return found


def places(value, place=()):
    yield place
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*place, key))


def at(value, place):
    for step in place:
        value = value[step]
    return value


def mutate(chance, value):
    """A value with one part of it dropped, replaced, doubled or put into another."""
    value = copy.deepcopy(value)
    *way, last = chance.choice([place for place in places(value) if place])
    holder = at(value, way)
    what = chance.randrange(6)
    if what == 0:
        del holder[last]
    elif what == 1 and isinstance(holder, list):
        holder.insert(last, copy.deepcopy(holder[last]))
    elif what == 2 and isinstance(holder, dict):
        holder[chance.choice(["odd", "", "type", "id", "\x00"])] = chance.choice(ODD)
    elif what == 3:
        holder[last] = [holder[last]] * chance.choice([1, 2, 300])
    else:
        holder[last] = chance.choice(ODD)
    return value


def garble(chance, text):
    """Bytes with some of them cut off, left out, changed or doubled."""
    begin = chance.randrange(len(text))
    end = begin + chance.choice([1, 3, 50])
    odd = [b"", b"\xff", b"\x00", b"[" * 5000, b"\n", b'"', b"1e999", b"9" * 5000, b'"\\ud800"']
    return (text[:begin], text[:begin] + chance.choice(odd) + text[end:])[chance.randrange(4) > 0]


@pytest.mark.parametrize("name", ["a\n::error::b", "a\n", "a\x1b[2J", "a\u2028b"])
@pytest.mark.parametrize("field", ["id", "client", "scenario", "model"])
def test_a_name_of_more_than_one_line_is_refused(field, name):
    """Where it is printed, its second line would be an order to GitHub Actions."""
    line = ran("python/basic") | {field: name}
    with pytest.raises(UnfitError) as refused:
        decode(json.dumps(line).encode())
    assert refused.value.field == field
    assert not Draft202012Validator(schema()).is_valid(line)


@pytest.fixture
def commands(tmp_path, monkeypatch, copy_first_samples):
    """Everything that reads a report, by name."""
    monkeypatch.setattr("harness.nightly.github.GitHub.issues", lambda _: [])
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    project = ["--project", str(copy_first_samples(tmp_path / "project"))]
    sound = tmp_path / "sound"
    write(sound, report())
    at_hand = str(tmp_path / "odd")
    return {
        "github": ["report", "github", at_hand, *project],
        "diff": ["report", "diff", at_hand, str(sound)],
        "diff back": ["report", "diff", str(sound), at_hand],
        "merge": ["report", "merge", at_hand, "-o", str(tmp_path / "joined")],
        "issues": ["nightly", "issues", at_hand, "--dry-run"],
        "receipts": ["docs", "receipts", "--report", at_hand, *project],
        "balance": ["run", "--shard", "9/9", "--balance", at_hand, *project],
    }


def test_no_report_is_a_fault_of_ours(commands, tmp_path, capsys):
    taken = seed = 0
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline or seed < LEAST:
        chance = random.Random(seed)
        found = report()
        for _ in range(chance.choice([1, 1, 2])):
            found = mutate(chance, found)
        path = write(tmp_path / "odd", found)
        if chance.random() < 0.3:
            path.write_bytes(garble(chance, path.read_bytes()))
        for name, words in commands.items():
            code = invoke(words)
            said = capsys.readouterr().err
            assert code in {0, 1, 2, 3, 4}, (seed, name, said)
            assert "fault in sampleproof" not in said, (seed, name, said)
            assert len(said) < 20_000, (seed, name)
        with suppress(InvalidError):
            ET.parse(junit.write(tmp_path / "odd", ndjson.read(path), tmp_path))
            taken += 1
        shutil.rmtree(tmp_path / "joined", ignore_errors=True)
        seed += 1
    assert 0 < taken < seed, "some are read, and some are not"


@given(st.randoms(use_true_random=False), st.sampled_from(report()))
@settings(max_examples=int(os.environ.get("EXAMPLES", "400")), deadline=None)
def test_a_line_is_read_if_and_only_if_the_schema_allows_it(chance, line):
    line = mutate(chance, line)
    allowed = Draft202012Validator(schema()).is_valid(line)
    try:
        decode(json.dumps(line).encode())
    except UnfitError:
        # `true` alone, and a number of an integer's kind, are finer than a type can say.
        assert not allowed
    else:
        assert allowed or line.get("run", {}).get("cached") is False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it: it[1].pop("verdict"), ":2: missing required field 'verdict'"),
        (lambda it: it[1].update(verdict="maybe"), ":2: verdict: Invalid enum value 'maybe'"),
        (lambda it: it[1]["sample"].update(path=3), ":2: sample.path: expected 'str', got 'int'"),
        (lambda it: it[1]["findings"].clear(), ":2: findings: expected at least one"),
        (lambda it: it[3].pop("fault"), ":4: fault: expected one where the verdict is error"),
        (lambda it: it[2]["sample"].update(sha256=None), ":3: sample.sha256: expected one"),
        (lambda it: it[0].update(mode="live"), ":1: endpoint: this is not a report: a live run's"),
        (
            lambda it: it[0].update(format=2),
            ":1: format: this is not a report: Invalid enum value 2",
        ),
        (lambda it: it[0]["toolchains"].pop("curl"), ":3: client: the header knows no toolchain"),
        (lambda it: it.pop(2), ":5: counts.cells: this report is incomplete: expected 3 lines"),
        (lambda it: it.append(it[1]), ":7: type: expected nothing after the footer"),
        (lambda it: it.insert(2, it[0]), ":3: type: this is not a report: expected its header"),
        (lambda it: it[-1].update(exit_code=9), ":6: exit_code: Invalid enum value 9"),
    ],
)
def test_what_is_odd_is_told_with_its_line_and_field(tmp_path, change, said):
    found = report()
    change(found)
    path = write(tmp_path, found)
    with pytest.raises(InvalidError) as error:
        ndjson.read(path)
    assert f"{path}{said}" in str(error.value)


def test_a_run_of_a_million_shards_is_no_long_list(tmp_path, capsys):
    found = report()
    found[0]["run"]["shard"].update(of=10**12, whole={**SHARD["whole"], "groups": 10**12})
    write(tmp_path, found)
    assert invoke(["report", "merge", str(tmp_path), "-o", str(tmp_path / "whole")]) == 2
    said = capsys.readouterr().err
    assert "shard 2/1000000000000 is missing" in said
    assert len(said) < 10_000


def test_a_report_may_be_a_pipe_or_a_folder_and_is_then_refused(tmp_path, capsys):
    os.mkfifo(tmp_path / "report.ndjson")
    assert invoke(["report", "diff", str(tmp_path), str(tmp_path)]) == 2
    assert "expected a plain file; this is none" in capsys.readouterr().err


def test_the_lines_that_these_tests_make_are_a_reports(tmp_path):
    for lines in (report(), whole(cell(), url="http://127.0.0.1:1/v1")):
        assert ndjson.read(write(tmp_path, lines)) == lines


def test_a_line_without_end_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(ndjson, "LINE_BYTES", 1000)
    path = write(tmp_path, report())
    path.write_bytes(json.dumps({"type": "x" * 2000}).encode())
    with pytest.raises(InvalidError) as told:
        ndjson.read(path)
    assert "a line of more than 1,000 bytes" in str(told.value)
