"""`sampleproof record import` of files as they really come, with the clone's own samples."""

import json

import pytest
from workshop import call, copy_project

from harness.model.project import open_project

URL = "https://llm.example.com/v1/chat/completions"


@pytest.fixture
def mine(root, toolchains, tmp_path):
    """The clone's samples, in a folder of their own."""
    return copy_project(root, tmp_path / "project")


def archive(folder, *answers):
    """An archive of answers over HTTP/2, each a content type, a text, and more of its content."""
    entries = [
        {
            "request": {"method": "POST", "url": URL, "httpVersion": "h2"},
            "response": {
                "status": 200,
                "statusText": "",
                "httpVersion": "h2",
                "headers": [
                    {"name": ":status", "value": "200"},
                    {"name": "content-type", "value": kind},
                ],
                "content": {"mimeType": kind, **({"text": text} if text else {}), **more},
            },
        }
        for kind, text, more in answers
    ]
    path = folder / "chat.har"
    path.write_text(json.dumps({"log": {"entries": entries}}), "utf-8")
    return path


def imported(path, scenario, *more, project):
    arguments = ["record", "import", path, "--format", "har", "--scenario", scenario, *more]
    return call(*arguments, project=project)


def body(project, scenario):
    found = open_project(project)
    return found.recordings[scenario].exchanges[0].response.body.decode()


def test_a_stream_of_http_2_keeps_no_client_waiting(mine, tmp_path):
    text = body(mine, "streaming")
    path = archive(tmp_path, ("text/event-stream", text, {}))
    file = mine / "samples/recordings/streaming.yaml"
    file.unlink()
    code, output, said = imported(path, "streaming", project=mine)
    assert code == 0, output + said
    assert "framing: unknown\n" in file.read_text("utf-8")
    code, output, said = call("run", "*/streaming", "--no-cache", project=mine)
    assert code == 0, output + said


def test_where_a_body_is_not_in_the_file_nothing_is_written(mine, tmp_path):
    path = archive(tmp_path, ("text/event-stream", "", {"size": 1861}))
    file = mine / "samples/recordings/streaming.yaml"
    before = file.read_bytes()
    code, _, said = imported(path, "streaming", "--accept", project=mine)
    assert code == 2
    assert "its body is not in the file: content.size tells of 1861 bytes" in said
    assert file.read_bytes() == before
    file.unlink()
    assert imported(path, "streaming", project=mine)[0] == 2
    assert not file.exists()
    code, output, _ = call("record", "--accept", project=mine)
    assert output == "No recording is waiting to be accepted.\n"


def test_of_several_answers_one_is_chosen(mine, tmp_path):
    text = body(mine, "basic")
    answers = [("application/json", text, {})] * 12
    path = archive(tmp_path, *answers)
    code, output, said = imported(path, "basic", "--accept", project=mine)
    assert (code, output) == (2, "")
    assert "basic sends one request, and the file has 12 answers to it" in said
    assert "\n  12: log.entries[11], 200" in said
    code, output, said = imported(path, "basic", "--accept", "--entry", 12, project=mine)
    assert code == 0, output + said
    assert output.count("left out: POST https://llm.example.com/v1/chat/completions\n") == 10
    assert "left out: 1 more\n" in output
    assert "note: log.entries[11].response: the file has no request body" in output
    assert body(mine, "basic") == text
    assert imported(path, "basic", "--entry", 0, project=mine)[0] == 2
    assert imported(path, "basic", "--entry", 13, project=mine)[0] == 2


@pytest.mark.parametrize(
    ("cut", "more", "told"),
    [
        (0.5, "", "without '[DONE]' or a reason at $.choices[0].finish_reason"),
        (0.5, 'data: {"error":{"code":500,"message":"full"}}\n\n', "with an error: 500: full"),
        (0.5, 'error: {"code":500,"message":"full"}\n\n', "with an error: 500: full"),
        (0, '{"error":{"code":500,"message":"full"}}', "the body tells an error: 500: full"),
    ],
    ids=["cut", "error in the data", "error in its own field", "error for a body"],
)
def test_an_answer_that_fails_after_it_has_begun_is_taken_only_when_asked_for(
    mine, tmp_path, cut, more, told
):
    scenario, kind = ("streaming", "text/event-stream") if cut else ("basic", "application/json")
    events = body(mine, scenario).split("\n\n")
    text = "".join(f"{one}\n\n" for one in events[: int(len(events) * cut)]) + more
    path = archive(tmp_path, (kind, text, {}))
    file = mine / f"samples/recordings/{scenario}.yaml"
    file.unlink()
    code, _, said = imported(path, scenario, project=mine)
    assert code == 2
    assert told in said
    assert "--keep-failed" in said
    assert not file.exists()
    code, output, said = imported(path, scenario, "--keep-failed", project=mine)
    assert code == 0, output + said
    assert ("ending: cut\n" in file.read_text("utf-8")) == (not more)
    assert call("check", project=mine)[0] == 0
