"""The recordings that answer this project's samples, and the real cURL as their reader."""

import asyncio
import json
import subprocess
from pathlib import Path
from time import monotonic

import pytest

from harness.gateway.paced import Paced
from harness.gateway.replay import Replay
from harness.model import build

ROOT = Path(__file__).parents[2]
HOST = "models.inference.ai.azure.com"
URL = f"https://{HOST}/chat/completions"


def recording(name):
    problems = []
    file = f"samples/recordings/{name}.yaml"
    found = build.recording(ROOT / file, file, problems)
    assert problems == []
    return found


@pytest.fixture(scope="module")
def operation():
    problems = []
    return build.operation(ROOT / "samples/operations/chat.yaml", "chat.yaml", problems)


@pytest.fixture(scope="module")
def curl(background):
    background.authority.prepare([HOST])

    def run(served, *arguments):
        call = ["curl", "--silent", "--show-error", "--proxy", f"http://127.0.0.1:{served.port}"]
        call += ["--cacert", background.authority.bundle, *arguments]
        return subprocess.run(call, capture_output=True, timeout=30, env={}, check=False)

    return run


@pytest.mark.parametrize("name", ["basic", "multi_turn", "streaming"])
def test_curl_gets_the_recorded_bytes(background, curl, operation, name):
    found = recording(name)
    with background.serve(Replay(found, operation=operation, base_path="")) as served:
        done = curl(served, "--no-buffer", URL, "--data", "{}")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == found.exchanges[0].response.body
    assert (served.seen[0].host, served.seen[0].miss) == (HOST, None)


def test_curl_gets_a_miss_over_plain_http_too(background, curl, operation):
    responder = Replay(recording("basic"), operation=operation, base_path="/other")
    with background.serve(responder) as served:
        done = curl(served, f"http://{HOST}/chat/completions", "--data", "{}")
    assert done.returncode == 0
    assert json.loads(done.stdout)["error"]["code"] == "no_recording"
    assert served.seen[0].scheme == "http"
    assert served.seen[0].miss.startswith("path: expected /other/chat/completions")


def test_a_paced_stream_takes_its_time(background, curl, operation):
    found = recording("streaming")
    replay = Replay(found, operation=operation, base_path="")
    # Ten times as fast, so as not to try anyone's patience.
    responder = Paced(replay, lambda: monotonic() * 10, lambda wait: asyncio.sleep(wait / 10))
    with background.serve(responder) as served:
        timed = ["--write-out", "%{stderr}%{time_total}"]
        done = curl(served, *timed, "--no-buffer", URL, "--data", "{}")
    recorded = sum(mark.after_ms for mark in found.exchanges[0].response.chunks) / 10_000
    assert recorded <= float(done.stderr) < recorded + 1


@pytest.mark.parametrize(("name", "word"), [("basic", "Paris"), ("multi_turn", "Madrid")])
def test_an_answer_says_what_its_scenario_expects(operation, name, word):
    response = recording(name).exchanges[0].response
    assert word in operation.text_of_response(response.body)
    body = json.loads(response.body)
    assert {"choices", "created", "id", "model", "object", "usage", "prompt_filter_results"} < {
        *body
    }
    assert body["usage"]["total_tokens"] == sum(
        body["usage"][key] for key in ("prompt_tokens", "completion_tokens")
    )


def test_the_stream_looks_like_the_real_thing(operation):
    response = recording("streaming").exchanges[0].response
    data = [event.removeprefix("data: ") for event in response.body.decode().split("\n\n")]
    assert data[-2:] == ["[DONE]", ""]
    events = [json.loads(text) for text in data[:-2]]
    assert events[0]["choices"] == []
    assert "prompt_filter_results" in events[0]
    assert events[1]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    deltas = [event["choices"][0]["delta"] for event in events[2:-1]]
    assert len(deltas) >= 40
    assert all(delta["content"] for delta in deltas)
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    text = operation.text_of_stream(response.body)
    assert text == "".join(delta["content"] for delta in deltas)
    assert all(f"\n{number}. " in text for number in range(1, 6))


def test_the_stream_comes_in_irregular_chunks():
    parts = recording("streaming").exchanges[0].response.parts
    assert any(not part.endswith(b"\n\n") for part in parts)
    assert any(part.count(b"\n\n") == 2 for part in parts)
    assert sum(splits_a_character(part) for part in parts) >= 3


def splits_a_character(part):
    try:
        part.decode()
    except UnicodeDecodeError:
        return True
    return False


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("Paris is", "Paris was", "this recording is damaged"),
        ("[content-type,", "[content-length,", "a header's name, other than those"),
        ("'East US'", '"East\\r\\nUS"', "a header's value in ISO 8859-1, on one line"),
        ("'East US'", '"East\\n"', "a header's value in ISO 8859-1, on one line"),
        ("reason: OK", 'reason: "OK\\n"', "words in ISO 8859-1, on one line"),
        ("ending:", "chunks: [[0.5, 0]]\n      ending:", "expected an integer"),
        ("ending:", "chunks: [[5, 0]]\n      ending:", "sizes that add up to the body's"),
    ],
)
def test_a_recording_that_cannot_be_sent_is_refused(tmp_path, old, new, complaint):
    text = (ROOT / "samples/recordings/basic.yaml").read_text("utf-8")
    assert old in text
    (tmp_path / "basic.yaml").write_text(text.replace(old, new), "utf-8")
    problems = []
    assert build.recording(tmp_path / "basic.yaml", "basic.yaml", problems) is None
    assert any(complaint in str(problem) for problem in problems)
