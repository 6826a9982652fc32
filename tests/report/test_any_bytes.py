"""A report holds whatever a sample sent and printed, and stays what its readers take."""

import json
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from harness.model.finding import Finding
from harness.model.observation import Exit, Observation, SeenRequest
from harness.outcome import Outcome, Parity
from harness.report import github, junit, line, ndjson
from harness.report.decode import decode, schema

CANARY = "canary-1"
SHA256 = "0" * 64

BODIES = [
    b'{"a": "\\ud83d"}',
    b'{"\\ude00": [1, {"b": "\\ud83d\\ud83d"}]}',
    b'"\\ud83d\\ude00 whole"',
    b'{"n": 1e999}',
    b'{"n": -123456789012345678901234567890}',
    b"9" * 6000,
    b"[" * 150 + b"]" * 150,
    b"[" * 5000 + b"]" * 5000,
    b"\xff\xfe\x00",
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b"",
    '{"a": "\ufffe\ufeff\u2028\x7f"}'.encode(),
]

OUTPUTS = [
    b"\x1b[31mParis\x00\x08\xef\xbf\xbe\x1b[0m",
    b"\xed\xa0\xbd half",
    b"]]>&<\r\n\x0b",
    b"x" * 10_000_000,
    bytes(range(256)),
]


def observation(body=b"{}", output=b"", headers=(), target="/c"):
    request = SeenRequest(
        scheme="https", host="h", port=443, method="POST", target=target, headers=headers, body=body
    )
    return Observation(
        requests=(request,),
        stdout=output,
        stderr=output,
        exit=Exit(code=0),
        gates=(),
        canary=CANARY,
        limit_s=60,
        duration_ms=1.0,
    )


@pytest.fixture
def read_back(tmp_path, project):
    """The line of a cell, as every reader has it."""
    cell = next(project.cells())

    def read_back(seen, *findings):
        outcome = Outcome(
            cell=cell, sha256=SHA256, verdict="fail", findings=findings, observation=seen
        )
        made = line.header(1, {cell.client.name: {}}, "")
        writer = ndjson.Writer(tmp_path, made, ndjson.order([cell]))
        writer.cell(line.cell(outcome, {}))
        compared = Parity(
            scenario=cell.scenario.name,
            model=cell.model,
            clients=(cell.client.name,),
            verdict="fail",
            findings=findings,
        )
        writer.parity(line.parity(compared))
        writer.finish(1, 1.0)
        lines = ndjson.read(writer.path)
        for text in writer.path.read_bytes().splitlines():
            assert msgspec.json.decode(text) == json.loads(text)
        for one in lines:
            assert Draft202012Validator(schema()).is_valid(one)
        ET.parse(junit.write(tmp_path, lines, tmp_path))
        github.summary(lines).encode()
        "".join(map(str, github.annotate(lines))).encode()
        return lines[1]

    return read_back


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_any_body_is_held(read_back, body):
    odd = Finding(check="request.body", message="it differs", expected="a", received=body)
    seen = read_back(observation(body=body), msgspec.structs.replace(odd, received="b"))
    held = seen["requests"][0]["body"]
    if isinstance(held, str) and not body.startswith(b'"'):
        assert held.encode() == body


@pytest.mark.parametrize("output", OUTPUTS, ids=range(len(OUTPUTS)))
def test_any_output_is_held(read_back, output):
    text = output[:1000].decode("utf-8", "replace")
    read_back(observation(output=output), Finding(check="output.text", message=text, received=text))


@pytest.mark.parametrize("value", ["\ud83d", {"\ud83d": "\ude00"}, [float("inf")], 10**400, ("a",)])
def test_any_finding_is_held(read_back, value):
    finding = Finding(
        check="request.body", message="half \ud83d", expected=value, received=[value, None]
    )
    held = read_back(observation(), finding)["findings"][0]
    assert held["message"] == "half \\ud83d"


def test_any_header_and_target_is_held(read_back):
    every = bytes(range(256)).decode("latin-1")
    headers = (("x-odd", every), (every, CANARY))
    finding = Finding(check="request.path", message="odd")
    seen = read_back(observation(headers=headers, target=f"/{every}?\ud83d={CANARY}"), finding)
    assert seen["run"]["headers"] == [[["x-odd", every], [every, "{token}"]]]
    assert seen["requests"][0]["url"] == f"https://h:443/{every}?\\ud83d={{token}}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    )
)
def test_what_is_written_of_any_json_is_what_was_sent(value):
    body = json.dumps(value).encode()
    cell = line._request(observation(body=body).requests[0], CANARY)
    text = line.encode({"body": cell["body"]})
    held = json.loads(text)["body"]
    assert held == (value if not isinstance(held, str) or isinstance(value, str) else held)
    if isinstance(held, str) and not isinstance(value, str):
        assert held.encode() == body


def test_a_value_as_deep_as_is_written_is_read(tmp_path):
    deep = json.loads("[" * 99 + "]" * 99)
    one = line.finding(Finding(check="c", message="m", expected=deep))
    assert one["expected"] == deep
    deeper = [[[deep]]]
    assert isinstance(
        line.finding(Finding(check="c", message="m", expected=deeper))["expected"], str
    )
    footer = line.footer({"cells": {}, "parity": {}}, 0, {"duration_ms": 1})
    assert decode(line.encode(footer)) == footer
