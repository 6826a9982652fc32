"""One secret in everything that foreign data can reach: no way out of the process shows it."""

import base64
import io
import json
import sys
from xml.etree import ElementTree as ET

import pytest
import reported

from harness import plugin, printer
from harness.cli.main import invoke
from harness.model import redactor
from harness.model.finding import Diagnosis, Finding
from harness.model.observation import Exit, Observation, SeenRequest
from harness.model.problem import HarnessError
from harness.nightly import github as nightly
from harness.nightly.issue import Step
from harness.outcome import Outcome, Parity
from harness.outlet import Guarded
from harness.report import difference, explain, github, junit, line, ndjson

TOKEN = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"  # in two, lest others take it for real
KEY = "open-Sesame7plus"
SECRETS = {"a form": (TOKEN, TOKEN[4:20]), "the key": (KEY, KEY[:10])}


@pytest.fixture(params=SECRETS)
def secret(request, monkeypatch):
    monkeypatch.setattr(redactor, "_known", {})
    redactor._remembered.cache_clear()
    redactor.keep(KEY)
    yield SECRETS[request.param]
    redactor._remembered.cache_clear()


def outcome_with(cell, text):
    """What came of a cell that says a text wherever it can."""
    request = SeenRequest(
        scheme="https",
        host=f"{text}.example",
        port=443,
        method=text,
        target=f"/{text}?key={text}",
        headers=((text, text), ("Authorization", f"Bearer {text}")),
        body=json.dumps({text: [text, {"deep": f'{{"x":"{text}"}}'}]}).encode(),
        miss=f"no recording for {text}",
    )
    binary = request.__class__(
        scheme="https",
        host="h",
        port=1,
        method="PUT",
        target="/",
        headers=(),
        body=b"\xff" + text.encode(),
    )
    found = Finding(
        check="output.text",
        message=f"shows {text} {'x' * 300}",
        expected={"a": [text]},
        received=("y" * 150 + text) * 3,
    )
    observation = Observation(
        requests=(request, binary),
        answers=(),
        stdout=f"said {text}\n".encode(),
        stderr=b"\xfe\xff " + text.encode(),
        exit=Exit(code=1, left_behind=(f"sleep {text}",)),
        gates=(),
        canary="canary-1",
        limit_s=60,
        duration_ms=1.0,
    )
    return Outcome(
        cell=cell,
        sha256="0" * 64,
        verdict="fail",
        findings=(found,),
        observation=observation,
        diagnosis=Diagnosis(cause="answer", evidence=f"it said {text}", remedy=f"ask {text}"),
    )


def texts(value):
    """Every text and name in a JSON value, bytes in base64 as well."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)
        if isinstance(value.get("base64"), str):
            yield base64.b64decode(value["base64"]).decode("latin-1")
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield str(value)


def report_of(cell, folder, text):
    outcome = outcome_with(cell, text)
    header = line.header(1, {cell.client.name: {"python": text}}, f"not sealed: {text}")
    writer = ndjson.Writer(folder, header, ndjson.order([cell]))
    writer.cell(line.cell(outcome, {"a.yaml": "0" * 64}))
    compared = Parity(
        scenario=cell.scenario.name,
        model=cell.model,
        clients=(cell.client.name,),
        verdict="fail",
        findings=outcome.findings,
    )
    writer.parity(line.parity(compared))
    writer.finish(1, 1.0)
    return writer.path


def test_no_report_and_nothing_drawn_of_it_shows_a_secret(tmp_path, project, secret):
    text, core = secret
    path = report_of(next(project.cells()), tmp_path, text)
    for raw in path.read_bytes().splitlines():
        assert not [one for one in texts(json.loads(raw)) if core in one]
    lines = ndjson.read(path)
    assert lines[1]["sample"]["sha256"] == "0" * 64
    drawn = junit.write(tmp_path, ndjson.lines(path), tmp_path).read_text()
    ET.fromstring(drawn)
    assert core not in drawn
    assert core not in github.summary(lines)
    assert core not in "".join(map(str, github.annotate(lines)))


def test_a_report_that_others_wrote_is_masked_when_it_is_read(tmp_path, secret):
    text, core = secret
    cells = [
        reported.ran(
            output=f"x {text}",
            stderr={"base64": base64.b64encode(b"\xff" + text.encode()).decode()},
        )
    ]
    path = reported.write(tmp_path, reported.whole(*cells))
    found = list(ndjson.texts(path))
    assert not [one for value, _ in found for one in texts(value) if core in one]
    assert not [one for _, raw in found for one in texts(json.loads(raw)) if core in one]
    told = difference.told(
        difference.differences([reported.ran()], [value for value, _ in found]), ("a", "b")
    )
    assert core not in "".join(told)


def test_no_terminal_shows_a_secret(project, secret, monkeypatch):
    text, core = secret
    raw = io.BytesIO()
    stream = Guarded(raw, encoding="utf-8", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    outcome = outcome_with(next(project.cells()), text)
    printer.say("a ", text, printer.Styled(f"<{text}>", "red"))
    printer.complain(f"cannot install: {text}")
    printer.hand_over(json.dumps({"a": text}) + "\n")
    stream.write(f"Traceback: {text}\n")
    for told in explain.outcome(outcome, f"sampleproof run {text}", str):
        assert core not in told
        printer.say(told)
    invoke([f"--{text}"])
    stream.flush()
    shown = raw.getvalue().decode()
    assert core not in shown
    assert shown.count("***") >= 8


def test_no_failure_of_a_test_shows_a_secret(project, secret):
    text, core = secret

    class Failing:
        def outcome(self, cell):
            raise HarnessError(f"pip said {text}", f"try {text}")

    item = plugin.SampleItem.__new__(plugin.SampleItem)
    item.background, item.cell = Failing(), next(project.cells())
    with pytest.raises(plugin.SampleError) as caught:
        item.runtest()
    assert core not in str(caught.value)


def test_no_issue_shows_a_secret(tmp_path, secret, monkeypatch):
    text, core = secret
    calls = []
    monkeypatch.setattr(nightly, "run", lambda arguments, **_: calls.append(arguments) or "[]")
    monkeypatch.setattr(nightly, "find", lambda *_: "gh")
    hub = nightly.GitHub(tmp_path)
    for do in ("open", "update", "close"):
        hub.take(
            Step(do=do, cause="x", number=1, title=text, body=f"```\n{text}\n```", comment=text)
        )
    assert len(calls) == 5
    assert core not in repr(calls)
