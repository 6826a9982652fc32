"""What a live endpoint answers is told by what it is: an error in a 200, a stream that stops or comes at once."""

import json
import time

import pytest
from serving import cells, copied, run
from upstreams import RIGHT, chunked, error, reply, upstream

WORDS = error(500, "context shift is disabled")


def event(value, end="\n"):
    return f"data: {json.dumps(value)}{end}{end}".encode()


def piece(text, finish=None):
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "choices": [choice]}


def stream(*parts):
    return lambda request: chunked(parts)


def plain(value):
    return lambda request: iter([reply(body=value)])


TEXT = [event(piece(RIGHT[:100])), event(piece(RIGHT[100:]))]
STOP, DONE = event(piece("", "stop")), b"data: [DONE]\n\n"
CLIENTS = ("curl", "javascript", "python")
WRONG = {
    "an error in mid-stream": ("streaming", stream(*TEXT, event(WORDS)), "500: context shift is"),
    "an error in a field": (
        "streaming",
        stream(*TEXT, b'error: {"code":400,"message":"It is too long."}\n\n'),
        "the stream ends with an error: 400: It is too long.",
    ),
    "an error without a code": (
        "streaming",
        stream(*TEXT, event({"error": {"code": None, "message": "It broke."}}), DONE),
        "the stream ends with an error: It broke.",
    ),
    "an error for a body": ("basic", plain(WORDS), "the body tells an error: 500: context shift"),
    "a stream that stops": (
        "streaming",
        stream(*TEXT),
        "without '[DONE]' or a reason at $.choices",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_answer_is_the_endpoints_and_told_with_its_words(tmp_path, name):
    """Whichever client shows it how: the endpoint is told of, and no sample is blamed."""
    scenario, answer, says = WRONG[name]
    with upstream(answer) as endpoint:
        done, lines = run(tmp_path, f"*/{scenario}", "--live", endpoint.url)
    found = {name: one for name, one in cells(lines).items() if name.split("/")[0] in CLIENTS}
    assert {one["verdict"] for one in found.values()} == {"error"}, done.stdout
    assert len(found) == len(CLIENTS)
    for one in found.values():
        assert [finding["check"] for finding in one["findings"]] == ["answer.status"]
        assert says in one["findings"][0]["message"]
    assert says in done.stdout
    assert done.returncode == 3


def test_an_answer_that_is_withheld_is_told_as_that(tmp_path):
    """The endpoint answered, and no sample is to blame for what."""
    with upstream(stream(TEXT[0], event(piece("", "content_filter")), DONE)) as endpoint:
        done, lines = run(tmp_path, "*/streaming", "--live", endpoint.url)
    found = [one for name, one in cells(lines).items() if name.split("/")[0] in CLIENTS]
    assert {one["diagnosis"]["cause"] for one in found} == {"answer"}, done.stdout
    assert "the service withheld the answer: content_filter" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize("ending", [[STOP], [DONE], [STOP, DONE]], ids=["stop", "done", "both"])
def test_a_stream_is_whole_by_either_of_its_ends(tmp_path, ending):
    with upstream(stream(*TEXT, *ending)) as endpoint:
        done, lines = run(tmp_path, "*/streaming", "--live", endpoint.url)
    assert {one["verdict"] for one in cells(lines).values()} == {"pass"}, done.stdout


def test_a_stream_that_comes_at_once_proves_nothing_of_streaming(tmp_path):
    with upstream(stream(b"".join([*TEXT, STOP, DONE]))) as endpoint:
        done, lines = run(tmp_path, "curl/streaming", "--live", endpoint.url)
    found = cells(lines)["curl/streaming"]
    assert (found["verdict"], done.returncode) == ("error", 3)
    assert "stream.incremental" in found["not_evaluated"]
    assert "stream.incremental: the answer came in one piece" in done.stdout
    assert {one["severity"] for one in found["findings"]} <= {"note"}


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_live_stream_is_judged_however_its_lines_end(tmp_path, end):
    parts = [one.replace(b"\n", end.encode()) for one in (*TEXT, STOP, DONE)]
    with upstream(stream(*parts)) as endpoint:
        done, lines = run(tmp_path, "curl/streaming", "--live", endpoint.url)
    assert cells(lines)["curl/streaming"]["verdict"] == "pass", done.stdout


def test_a_sample_that_leaves_before_the_end_has_not_shown_the_answer(root, tmp_path):
    """However well what it shows agrees with what had come by then."""
    project = copied(root, tmp_path / "project")
    sample = project / "samples/python/streaming.py"
    text = sample.read_text("utf-8")
    line = "            answer += piece\n"
    assert text.count(line) == 1
    sample.write_text(text.replace(line, f"{line}            break\n"), "utf-8")

    def slow(request):
        for number, part in enumerate(chunked([*TEXT, STOP, DONE])):
            time.sleep(0.5 if number > 1 else 0)
            yield part

    with upstream(slow) as endpoint:
        arguments = ("--live", endpoint.url, "--project", str(project))
        done, lines = run(tmp_path, "python/streaming", *arguments)
    found = cells(lines)["python/streaming"]
    errors = [one["check"] for one in found["findings"] if one["severity"] == "error"]
    assert (found["verdict"], errors) == ("fail", ["output.text"]), done.stdout
    assert found["diagnosis"]["cause"] == "sample"
