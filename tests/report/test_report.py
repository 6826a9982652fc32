"""A report is whole or absent, follows its schema, and tells the same of equal runs."""

import json
import os
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from harness.model.finding import Finding
from harness.model.observation import Exit, Observation, SeenRequest
from harness.model.problem import HarnessError, InvalidError
from harness.outcome import Fault, Outcome, Parity
from harness.report import junit, line, ndjson

SCHEMA = json.loads(
    resources.files("harness.report.schemas").joinpath("report.schema.json").read_text("utf-8")
)

BASIS = {"samples/scenarios/basic.yaml": "1" * 64}


def observation(canary="canary-1", stdout=b"Paris\n", port=443):
    request = SeenRequest(
        scheme="https",
        host="models.inference.ai.azure.com",
        port=port,
        method="POST",
        target=f"/chat/completions?t={canary}",
        headers=(("authorization", f"Bearer {canary}"),),
        body=json.dumps({"token": canary}).encode(),
    )
    return Observation(
        requests=(request,),
        stdout=stdout,
        stderr=b"",
        exit=Exit(code=0),
        gates=(),
        canary=canary,
        limit_s=60,
        duration_ms=12.34,
    )


@pytest.fixture
def outcomes(project):
    cells = list(project.cells())
    finding = Finding(check="output.text", message="another text\x00", expected="a", received="b")
    return [
        Outcome(cell=cells[0], sha256="0" * 64, verdict="pass", observation=observation()),
        Outcome(
            cell=cells[1],
            sha256="1" * 64,
            verdict="fail",
            findings=(finding,),
            observation=observation(stdout=b"\xff"),
        ),
        Outcome(
            cell=cells[2],
            sha256=None,
            verdict="error",
            fault=Fault(message="no node", remedy="make doctor"),
        ),
    ]


@pytest.fixture
def parity():
    finding = Finding(check="parity.output", message="differ\ntable")
    return Parity(
        scenario="basic", model="m", clients=("a", "b"), verdict="fail", findings=(finding,)
    )


@pytest.fixture
def written(tmp_path, outcomes, parity):
    versions = {"curl": {"curl": "8"}, "javascript": {}, "python": {}, "a": {}, "b": {}}
    header = line.header(3, versions, "")
    writer = ndjson.Writer(tmp_path, header, [*(one.cell.id for one in outcomes), "basic@m"])
    for one in reversed(outcomes):
        writer.cell(line.cell(one, BASIS))
    writer.parity(line.parity(parity))
    assert not writer.path.exists()
    writer.finish(1, 99.0)
    return writer.path


def test_every_line_follows_the_schema(written):
    validator = Draft202012Validator(SCHEMA)
    for one in ndjson.read(written):
        assert [error.message for error in validator.iter_errors(one)] == []


def test_the_schema_refuses_what_is_none_of_its_lines(written):
    one = ndjson.read(written)[1]
    assert not Draft202012Validator(SCHEMA).is_valid({**one, "surprise": 1})


def test_cells_stand_in_the_order_of_the_matrix_and_are_counted(written, outcomes):
    report = ndjson.read(written)
    assert [one["id"] for one in report if one["type"] == "cell"] == [
        one.cell.id for one in outcomes
    ]
    assert report[-1]["counts"] == {
        "cells": {"error": 1, "fail": 1, "pass": 1},
        "parity": {"fail": 1},
    }


def test_output_that_is_not_utf8_is_kept_whole(written):
    assert ndjson.read(written)[2]["output"] == {"base64": "/w=="}


def test_two_runs_differ_under_run_alone(project):
    cell = next(project.cells())
    lines = [
        line.cell(
            Outcome(cell=cell, sha256="0" * 64, verdict="pass", observation=observation(canary)),
            BASIS,
        )
        for canary in ("canary-1", "canary-2")
    ]
    for one in lines:
        assert "canary" not in json.dumps(one)
        del one["run"]
    assert lines[0] == lines[1]


def test_junit_tells_the_same(written, tmp_path):
    suite = ET.parse(junit.write(tmp_path, ndjson.read(written), tmp_path)).getroot()[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "2", "errors": "1", "skipped": "0"}
    failure = suite.find("testcase[@name='javascript/basic']/failure")
    assert failure.get("type") == "output.text"
    assert failure.text == "output.text: another text\\x00\nexpected: a\nreceived: b"


def test_an_abandoned_report_leaves_nothing(tmp_path):
    ndjson.Writer(tmp_path, line.header(0, {}, "refused"), []).abandon()
    assert list(tmp_path.iterdir()) == []


def test_the_last_report_stands_until_the_next_is_whole(written, tmp_path):
    before = written.read_bytes()
    writer = ndjson.Writer(tmp_path, line.header(0, {}, "refused"), [])
    assert written.read_bytes() == before
    writer.abandon()
    assert written.read_bytes() == before


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path):
    left, kept = tmp_path / ".report.ndjson.4194305", tmp_path / f".report.ndjson.{os.getppid()}"
    left.touch()
    kept.touch()
    ndjson.Writer(tmp_path, line.header(0, {}, ""), []).abandon()
    assert not left.exists()
    assert kept.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}\n", ":1: this is not a report: missing required field 'type'"),
        (b"[]\n", ":1: this is not a report: expected 'object', got 'array'"),
        (b"\xff", "not a report: not JSON"),
        (b"", "this is not a report: it is empty"),
        (b"[" * 9999, "nested too deeply"),
    ],
)
def test_what_is_no_whole_report_is_refused(tmp_path, content, message):
    path = tmp_path / "report.ndjson"
    path.write_bytes(content)
    with pytest.raises(InvalidError, match=message):
        ndjson.read(path)


@pytest.mark.parametrize(("there", "left_out"), [(False, True), (True, False)])
def test_git_sees_nothing_of_a_folder_that_is_made_for_a_report(tmp_path, there, left_out):
    folder = tmp_path / "part1"
    if there:
        folder.mkdir()
    ndjson.Writer(folder, line.header(0, {}, "refused"), [], tmp_path).finish(0, 1.0)
    assert (folder / ndjson.NAME).exists()
    assert (folder / ".gitignore").exists() is left_out


def test_a_folder_that_cannot_be_written_is_our_fault_and_told_at_the_end(tmp_path):
    (tmp_path / "file").write_text("")
    writer = ndjson.Writer(tmp_path / "file", line.header(0, {}, "refused"), [])
    with pytest.raises(HarnessError, match=r"written: /.*/report.ndjson: .*\n.*--report DIR"):
        writer.finish(0, 1.0)


def test_a_disk_that_is_full_leaves_the_last_report_and_says_what_to_do(written, tmp_path):
    before = written.read_bytes()
    writer = ndjson.Writer(tmp_path, line.header(0, {}, "refused"), [])
    writer._file.close()
    writer._file = Path("/dev/full").open("wb")  # noqa: SIM115
    with pytest.raises(HarnessError, match=r"No space left.*\n.*make room on the disk"):
        writer.finish(0, 1.0)
    assert written.read_bytes() == before
    assert list(tmp_path.iterdir()) == [written]
