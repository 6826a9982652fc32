"""`sampleproof record` and `check`, as a user types them, against an endpoint on this machine."""

import base64
import gzip
import json
import os
import random
import shutil
import signal
import time
from contextlib import contextmanager

import pytest
from raw import CHUNKED, CLOSE, LAST, RESET, Raw, framed, http
from workshop import MINIATURES, call, command, copy_project

from harness.model import build

TIMES = int(os.environ.get("SAMPLEPROOF_SOAK", "5"))

KEY = "near-" + "Kq7Zw2Xv9Bt4Mn6Rp8Ls3Hd5"
JSON = "Content-Type: application/json"
SSE = "Content-Type: text/event-stream; charset=utf-8"


def message(text, **more):
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    return json.dumps({"choices": [choice], **more}).encode()


def event(text):
    return (
        f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': text}}]})}\n\n".encode()
    )


STREAM = event("Pa") + event("ris, 💪") + event(" and more") + b"data: [DONE]\n\n"
FAILED_EVENT = b'data: {"error":{"code":"server_error","message":"It broke."}}\n\n'
CUTS = [5, 61, len(event("Pa")) + 70, len(STREAM) - 3, len(STREAM)]


def stream():
    parts = [STREAM[start:end] for start, end in zip([0, *CUTS], CUTS, strict=False)]
    pauses = [step for part in parts for step in (0.03, framed(part))]
    return [http("200 OK", SSE, CHUNKED), *pauses, LAST]


@pytest.fixture(scope="module")
def rendered(miniatures, tmp_path_factory):
    target = tmp_path_factory.mktemp("record") / "project"
    copied = copy_project(MINIATURES, target)
    code, _, said = call("render", project=copied)
    assert code == 0, said
    return copied


@pytest.fixture
def project(rendered, tmp_path):
    """Miniatures, rendered; their catalogue is for `near` to change."""
    return copy_project(rendered, tmp_path / "project")


@contextmanager
def near(project, *scripts, path="/v1"):
    """An endpoint of the project's catalogue."""
    raw = Raw(*scripts)
    with raw.serve_alone():
        catalog = project / "samples/catalog.yaml"
        text = (MINIATURES / "samples/catalog.yaml").read_text("utf-8")
        url = f"http://127.0.0.1:{raw.port}{path}"
        entry = f"  near:\n    title: Near\n    url: {url}\n    token: NEAR_KEY\n"
        catalog.write_text(text + entry, "utf-8")
        yield raw


def file(project, name):
    return project / f"samples/recordings/{name}.yaml"


def read(project, name):
    problems = []
    found = build.recording(file(project, name), f"samples/recordings/{name}.yaml", problems)
    assert problems == []
    return found


def record(project, *arguments, **environment):
    return call("record", *arguments, "--endpoint", "near", project=project, **environment)


def asked(raw):
    """The requests of samples: the endpoint is also asked which models it has."""
    return [one for one in raw.requests if one.startswith(b"POST ")]


def test_a_stream_is_recorded_as_it_came_and_answers_in_its_turn(project):
    file(project, "pieces").unlink()
    with near(project, stream()) as raw:
        code, output, said = record(project, "plain/pieces")
    assert (code, said) == (0, ""), output + said
    found = read(project, "pieces")
    response = found.exchanges[0].response
    assert response.body == STREAM
    assert [mark.size for mark in response.chunks] == [
        end - start for start, end in zip([0, *CUTS], CUTS, strict=False)
    ]
    assert response.ending == "complete"
    assert found.exchanges[0].path == "/answers"
    assert (found.provenance.how, found.provenance.endpoint) == ("recorded", "near")
    assert found.provenance.client == "plain"
    assert "python" in found.provenance.versions
    assert raw.requests[0].startswith(b"POST /v1/answers HTTP/1.1\r\nHost: 127.0.0.1:")
    code, output, said = call("run", "plain/pieces", project=project)
    assert code == 0, output + said


def test_a_recording_is_replaced_only_when_that_is_asked_for_and_by_what_was_shown(project):
    before = file(project, "question").read_bytes()
    answer = [http("200 OK", JSON, "X-Region: East", body=message("Paris, of course.", seed=1))]
    with near(project, answer) as raw:
        code, output, _ = record(project, "plain/question")
        assert code == 4, output
        assert file(project, "question").read_bytes() == before
        assert "question: differs from the recording that is there, which stays\n" in output
        assert '  wording: "Paris is the capital of France." → "Paris, of course."\n' in output
        assert "  shape: $.seed is new\n" in output
        assert "  headers: x-region is new\n" in output
        assert "take it with: " in output
        code, output, _ = call("record", "--accept", project=project)
        assert (code, "question: recorded; it replaces the one before" in output) == (0, True)
        assert len(asked(raw)) == 1
        assert b"Paris, of course." in read(project, "question").exchanges[0].response.body
        code, output, _ = record(project, "plain/question")
        assert (code, "question: nothing has changed" in output) == (0, True)
        code, output, _ = call("record", "--accept", project=project)
        assert (code, output) == (0, "No recording is waiting to be accepted.\n")
    code, output, said = call("run", "plain/question", project=project)
    assert code == 0, output + said


SHAPES = {
    "hexadecimal": lambda chance: chance.randbytes(16).hex(),
    "gen": lambda chance: f"gen-1745555555-{chance.randbytes(12).hex()}",
    "tool": lambda chance: f"chatcmpl-tool-{chance.randbytes(16).hex()}",
    "rs": lambda chance: f"rs_{chance.randbytes(25).hex()}",
    "base64": lambda chance: base64.urlsafe_b64encode(chance.randbytes(45)).decode(),
    "letters": lambda chance: "".join(chance.choices("abcdefghijkXYZ0123456789", k=29)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_ordinary_answer_is_recorded_whatever_its_ids_and_others_are_no_change(project, shape):
    file(project, "question").unlink()
    chance = random.Random(2026)

    def answer():
        one = SHAPES[shape](chance)
        heads = [f"x-generation-id: {one}", f"x-litellm-model-id: {chance.randbytes(32).hex()}"]
        calls = [{"id": SHAPES[shape](chance), "type": "function"}]
        return [http("200 OK", JSON, *heads, body=message("Paris.", id=one, tool_calls=calls))]

    with near(project, answer(), answer()):
        code, output, said = record(project, "plain/question")
        assert (code, said) == (0, ""), output + said
        code, output, said = record(project, "plain/question")
    assert (code, "question: nothing has changed" in output) == (0, True), output + said
    response = read(project, "question").exchanges[0].response
    data = json.loads(response.body)
    assert dict(response.headers)["x-generation-id"] == data["id"]
    assert data["tool_calls"][0]["id"] != data["id"]
    code, output, said = call("check", project=project)
    assert code == 0, output + said


def test_one_sample_of_each_scenario_is_run(project):
    with near(project, [http("200 OK", JSON, body=message("Paris."))]) as raw:
        code, output, _ = record(project, "--scenario", "question", "--scenario", "choices")
        assert code == 4
        assert output.count("asking Near with the sample ") == 2
        assert len(asked(raw)) == 2
        assert len(raw.requests) == 3  # and once, which model that is


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (
            [http("401 No", JSON, body=b'{"error":{"code":"denied","message":"Bad key."}}')],
            "401 No: denied: Bad key.",
        ),
        (
            [http("200 OK", JSON, "Content-Length: 99"), b"{", CLOSE],
            "the answer broke off after 1 bytes: the connection was closed",
        ),
        (
            [http("200 OK", JSON, "Content-Length: 99"), b"{", 0.05, RESET],
            "the answer broke off after 1 bytes: the connection was reset",
        ),
        (
            [http("200 OK", SSE, CHUNKED), framed(FAILED_EVENT), LAST],
            "the stream ends with an error: server_error: It broke.",
        ),
        (
            [http("200 OK", JSON, body=b'{"error":{"code":429,"message":"Slow down."}}')],
            "the body tells an error: 429: Slow down.",
        ),
        (
            [http("200 OK", SSE, CHUNKED), framed(event("Par")), LAST],
            "bytes, without '[DONE]' or a reason at $.choices[0].finish_reason",
        ),
        ([CLOSE], "closed the connection without an answer"),
    ],
)
def test_what_failed_or_broke_off_is_not_kept(project, script, says):
    before = file(project, "question").read_bytes()
    with near(project, script):
        code, output, said = record(project, "plain/question", "--accept")
    assert code == 3, output + said
    assert says in output + said
    assert "Traceback" not in said
    assert file(project, "question").read_bytes() == before


def test_what_failed_is_kept_when_that_is_asked_for(project):
    body = b'{"error":{"code":"denied","message":"Bad key."}}'
    with near(project, [http("401 No", JSON, body=body)]):
        code, output, said = record(project, "plain/denied", "--accept", "--keep-failed")
    assert code == 0, output + said
    assert read(project, "denied").exchanges[0].response.status == 401
    code, output, said = call("run", "plain/denied", project=project)
    assert code == 0, output + said


def test_a_stream_without_its_end_is_kept_as_one_that_was_cut(project):
    with near(project, [http("200 OK", SSE, CHUNKED), framed(event("Par")), LAST]):
        code, output, said = record(project, "plain/pieces", "--accept", "--keep-failed")
    assert code == 1, output + said  # the sample takes it for all there is
    assert "exit.status: the sample ended with exit status 0: the stream stops after" in output
    response = read(project, "pieces").exchanges[0].response
    assert (response.ending, response.framing, response.trailers) == ("cut", "chunked", ())
    assert call("check", project=project)[0] == 0


def test_an_import_tells_at_once_what_it_cannot_prove(project, tmp_path):
    interaction = {
        "request": {"method": "POST", "uri": "https://api.example.com/v2/answers"},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json"]},
            "body": {"string": message("").decode()},
        },
    }
    tape = tmp_path / "tape.json"
    tape.write_text(json.dumps({"version": 1, "interactions": [interaction]}), "utf-8")
    arguments = [
        "record",
        "import",
        tape,
        "--format",
        "vcrpy",
        "--scenario",
        "question",
        "--accept",
    ]
    code, output, said = call(*arguments, project=project)
    assert code == 0, output + said
    assert "note: no sample can pass against it: expected an answer with text at $." in output
    code, output, said = call("run", "plain/question", project=project)
    assert code == 2, output + said
    assert "samples/recordings/question.yaml:" in output


def test_a_stream_that_comes_at_once_is_not_kept(project):
    before = file(project, "pieces").read_bytes()
    with near(project, [http("200 OK", SSE, CHUNKED), framed(STREAM), LAST]):
        code, output, said = record(project, "plain/pieces", "--accept")
    assert code == 3, output + said
    assert "stream.incremental: the answer came in one piece" in output
    assert "pieces: not recorded: it would prove too little" in said
    assert file(project, "pieces").read_bytes() == before


def test_what_a_wrong_sample_was_answered_is_not_kept(project):
    sample = project / "samples/plain/question.py"
    sample.write_text(sample.read_text("utf-8").replace("France", "Spain"), "utf-8")
    with near(project, [http("200 OK", JSON, body=message("Madrid."))]):
        code, output, said = record(project, "plain/question", "--accept")
    assert code == 1, output + said
    assert "request.body: the request differs from the scenario at $.messages[1].content" in output
    assert "question: not recorded" in said


def everything_in(project):
    """All bytes under a project, but for toolchains that it shares."""
    for folder, folders, names in os.walk(project):
        folders[:] = [name for name in folders if name not in {"python", "node"}]
        for name in names:
            with open(os.path.join(folder, name), "rb") as handle:  # noqa: PTH118, PTH123
                yield handle.read()


def test_the_key_reaches_the_endpoint_and_nothing_else(project):
    told = message(f"You sent {KEY}.", id="chatcmpl-9j9lAbC12Xy")
    headers = [
        "X-Request-Id: 5b1e3a52-92b5-4c3e-8f6e-0c1d2e3f4a5b",
        "Set-Cookie: sid=abc123; Path=/",
    ]
    with near(project, [http("200 OK", JSON, f"X-Echo: {KEY}", *headers, body=told)]) as raw:
        code, output, said = record(project, "plain/question", "--accept", NEAR_KEY=KEY)
    assert code == 0, output + said
    (request,) = asked(raw)
    assert f"Authorization: Bearer {KEY}\r\n".encode() in request
    assert b"canary" not in request
    assert KEY not in output + said
    coded = [base64.b64encode(b"\0" * shift + KEY.encode())[4:-4] for shift in range(3)]
    for data in everything_in(project):
        assert not any(secret in data for secret in (KEY.encode(), *coded))
    response = read(project, "question").exchanges[0].response
    assert dict(response.headers) | {"Content-Type": "", "X-Echo": ""} == {
        "Content-Type": "",
        "X-Echo": "",
        "X-Request-Id": "00000000-0000-0000-0000-000000000000",
        "Set-Cookie": "sid=000000; Path=/",
    }
    assert b"chatcmpl-00000000000" in response.body
    assert len(response.body) == len(told)
    assert call("check", project=project)[0] == 0


def test_what_still_looks_like_a_secret_is_not_saved_anywhere(project):
    before = file(project, "question").read_bytes()
    secret = "q7Zw2Xv9Bk4Tn8Rd5Lm1Hs6Jc3"
    with near(project, [http("200 OK", JSON, body=message(f"Use {secret}."))]):
        code, output, said = record(project, "plain/question", "--accept")
    assert code == 2, output
    assert (
        "exchanges[0].response.body: this looks like a secret: letters and digits by chance: q7Zw…"
        in said
    )
    assert "add a sanitizer" in said
    assert secret not in said
    assert file(project, "question").read_bytes() == before
    assert not any(secret.encode() in data for data in everything_in(project))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name what to record with --endpoint, or take what was recorded with --accept"),
        (["--endpoint", "nera"], "there is no endpoint 'nera'"),
        (["plain/questoin", "--endpoint", "near"], "no sample matches 'plain/questoin'"),
    ],
)
def test_a_call_that_makes_no_sense_says_so(project, arguments, says):
    with near(project, [CLOSE]):
        code, _, said = call("record", *arguments, project=project)
    assert (code, says in said) == (2, True), said


def untimed(data):
    return [line for line in data.splitlines() if b"[" not in line]


def test_a_recording_that_is_killed_leaves_the_old_one_or_the_new_one(project):
    place = file(project, "pieces")
    arguments = ["plain/pieces", "--accept", "--endpoint", "near"]
    before = place.read_bytes()
    with near(project, stream()) as raw:
        assert call("record", *arguments, project=project)[0] == 0
        after = place.read_bytes()
        assert untimed(after) != untimed(before)
        for turn in range(TIMES):
            place.write_bytes(before)
            come = len(raw.requests)
            with command("record", *arguments, project=project) as process:
                while len(raw.requests) == come:
                    time.sleep(0.005)
                # From here on the stream comes, and is written.
                time.sleep(turn * 0.4 / TIMES)
                process.send_signal(signal.SIGKILL)
                process.communicate(timeout=10)
            now = place.read_bytes()
            assert now == before or untimed(now) == untimed(after)
            read(project, "pieces")


def test_a_check_finds_what_is_wrong_with_recordings(project):
    assert call("check", project=project)[:2] == (
        0,
        "6 scenarios, 2 clients, 6 recordings: all in order.\n",
    )
    choices, pieces = file(project, "choices"), file(project, "pieces")
    shutil.copy(file(project, "question"), file(project, "forgotten"))
    text = choices.read_text("utf-8")
    exchange = text[text.index("  - request:") :]
    changed = exchange.replace("path: /answers", "path: /elsewhere")
    header = "        - [x-key, 'gh" + "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8']\n"
    changed = changed.replace("      framing:", f"{header}      framing:")
    choices.write_text(text + changed, "utf-8")
    pieces.write_text(pieces.read_text("utf-8").replace("status: 200", "status: two"), "utf-8")
    code, output, said = call("check", project=project)
    assert (code, output) == (2, "")
    lines = choices.read_text("utf-8").splitlines()
    at = {
        word: 1 + max(n for n, line in enumerate(lines) if word in line)
        for word in ("/elsewhere", "x-key", "- request:")
    }
    name = "samples/recordings/choices.yaml"
    assert (
        f"{name}:{at['/elsewhere']}: exchanges[1].request.path: no sample can ask for this" in said
    )
    assert (
        f"{name}:{at['x-key']}: exchanges[1].response.headers[1]: this looks like a GitHub token"
        in said
    )
    assert f"{name}:{at['- request:']}: exchanges[1]: this exchange is never used" in said
    assert "samples/recordings/forgotten.yaml: this recording answers no scenario" in said
    assert "samples/recordings/pieces.yaml" in said
    assert "expected an integer" in said


def test_a_secret_in_a_stream_is_named_by_its_event(project):
    place = file(project, "pieces")
    secret = "gh" + "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    text = place.read_text("utf-8")
    assert "Paris" in text or "Pa" in text
    lines = text.splitlines(keepends=True)
    number = next(
        n for n, line in enumerate(lines) if line.lstrip().startswith("- '") and "data" in line
    )
    lines.insert(number + 1, f"          - ': {secret}'\n")
    broken = "".join(lines)
    place.write_text(broken, "utf-8")
    _, _, said = call("check", project=project)
    sums = [word.rstrip(";") for word in said.split() if len(word.rstrip(";")) == 64]
    place.write_text(
        broken.replace(sums[0], sums[1]).split("      chunks:")[0]
        + "      ending: complete\n"
        + f"      sha256: {sums[1]}\n",
        "utf-8",
    )
    code, _, said = call("check", project=project)
    assert code == 2
    assert (
        f"samples/recordings/pieces.yaml:{number + 2}: exchanges[0].response.body.events[1]: this looks like a GitHub token"
        in said
    )


def test_what_others_recorded_answers_a_scenario(project, tmp_path):
    entry = {
        "request": {"method": "POST", "url": "https://api.example.com/v2/answers"},
        "response": {
            "status": 200,
            "statusText": "OK",
            "headers": [{"name": "content-type", "value": "text/event-stream"}],
            "content": {"text": STREAM.decode()},
        },
    }
    other = {**entry, "request": {"method": "GET", "url": "https://api.example.com/v2/models"}}
    archive = tmp_path / "chat.har"
    archive.write_text(json.dumps({"log": {"entries": [other, entry]}}), "utf-8")
    arguments = ["record", "import", archive, "--format", "har", "--scenario", "pieces"]
    code, output, said = call(*arguments, project=project)
    assert code == 4, said
    assert "left out: GET https://api.example.com/v2/models\n" in output
    assert "chunks: 9 chunks in 0.0 s → unknown" in output
    code, output, said = call(*arguments, "--accept", project=project)
    assert code == 0, output + said
    assert "chunks: unknown" in file(project, "pieces").read_text("utf-8")
    code, output, said = call("run", "plain/pieces", project=project)
    assert code == 0, output + said


@pytest.mark.parametrize(
    ("scenario", "body"), [("question", message("Paris.")), ("pieces", STREAM)]
)
def test_a_compressed_recording_answers_a_client_that_takes_none(project, tmp_path, scenario, body):
    kind = "text/event-stream" if scenario == "pieces" else "application/json"
    interaction = {
        "request": {"method": "POST", "uri": "https://api.example.com/v2/answers"},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": [kind], "Content-Encoding": ["gzip"]},
            "body": {"base64_string": base64.b64encode(gzip.compress(body)).decode()},
        },
    }
    tape = tmp_path / "tape.json"
    tape.write_text(json.dumps({"version": 1, "interactions": [interaction]}), "utf-8")
    arguments = ["record", "import", tape, "--format", "vcrpy", "--scenario", scenario, "--accept"]
    code, output, said = call(*arguments, project=project)
    assert code == 0, output + said
    # A stream is sent one event at a time, which what is compressed cannot be.
    coding = "gzip" if scenario == "question" else ""
    assert read(project, scenario).exchanges[0].response.coding == coding
    code, output, said = call("run", f"plain/{scenario}", project=project)
    assert code == 0, output + said
