"""Which answers of a file are meant, and whether they were asked for as the scenario asks."""

import json

import msgspec
import pytest
from others import ANSWER, STREAM, URL, cassette, har, har_entry, load, proxy, response

from harness.model.problem import InvalidError

EVENTS = "text/event-stream"
SLOW = '{"error":{"code":"429","message":"slow down"}}'


def asked(entry, body):
    entry["request"]["postData"] = {"mimeType": "application/json", "text": body}
    return entry


def refusal(folder, project, form, content, name="file.json", **more):
    with pytest.raises(InvalidError) as caught:
        load(folder, project, form, content, name, **more)
    return str(caught.value)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        5,
        None,
        {"request": None, "response": 3},
        har_entry(text=None, method="GET", url="https://cdn.example.com/x.js"),
        har_entry(text=5, url="https://[::1/v1/chat/completions"),
        har_entry(method=None),
        {"request": {"method": "GET", "url": URL}},
        har_entry(url="https://cdn.example.com/\ud800\x1b[31m"),
    ],
)
def test_what_is_odd_in_other_requests_does_not_matter(tmp_path, project, odd):
    imported = load(tmp_path, project, "har", har(odd, har_entry()))
    assert response(imported).body == ANSWER.encode()
    (other,) = imported.left_out
    assert other.isprintable()
    assert other.encode()


def test_several_answers_are_listed_and_none_is_guessed(tmp_path, project):
    archive = har(har_entry(SLOW, status=429), har_entry(method="GET"), har_entry())
    said = refusal(tmp_path, project, "har", archive)
    assert "basic sends one request, and the file has 2 answers to it" in said
    assert "choose with --entry NUMBER" in said
    assert "\n  1: log.entries[0], 429\n  2: log.entries[2], 200" in said
    imported = load(tmp_path, project, "har", archive, numbers=[2])
    assert response(imported).body == ANSWER.encode()
    assert len(imported.left_out) == 2
    both = load(tmp_path, project, "har", archive, numbers=[1, 2]).recording.exchanges
    assert [one.response.status for one in both] == [429, 200]
    said = refusal(tmp_path, project, "har", archive, numbers=[3])
    assert "there is no answer number 3\n  there are:\n  1: log.entries[0], 429" in said


def test_only_what_is_chosen_is_looked_into(tmp_path, project):
    archive = har(har_entry(), har_entry(text=5))
    assert response(load(tmp_path, project, "har", archive, numbers=[1]))
    assert "log.entries[1].response.content.text" in refusal(
        tmp_path, project, "har", archive, numbers=[2]
    )


def test_the_problems_of_all_chosen_answers_are_told(tmp_path, project):
    archive = har(har_entry(text=5), har_entry(text=6))
    said = refusal(tmp_path, project, "har", archive, numbers=[1, 2])
    assert "received 5" in said
    assert "received 6" in said


@pytest.mark.parametrize(
    ("scenario", "stream", "body", "kind", "complaint"),
    [
        ("basic", True, STREAM, EVENTS, "basic asks for no stream; the request in the file asks"),
        ("basic", None, STREAM, EVENTS, "basic asks for no stream; the answer in the file is one"),
        ("basic", False, STREAM, EVENTS, "basic asks for no stream; the answer in the file is one"),
        (
            "streaming",
            False,
            ANSWER,
            "application/json",
            "streaming asks for a stream; the request",
        ),
        ("streaming", None, ANSWER, "application/json", "streaming asks for a stream; the answer"),
        ("streaming", True, SLOW, "application/json", ""),
        ("streaming", True, STREAM, EVENTS, ""),
        ("streaming", None, STREAM, EVENTS, ""),
        ("basic", False, ANSWER, "application/json", ""),
    ],
)
def test_a_stream_is_no_answer_to_a_scenario_that_asks_for_none(
    tmp_path, project, scenario, stream, body, kind, complaint
):
    entry = har_entry(body, kind)
    if stream is not None:
        asked(entry, json.dumps({"stream": stream}))
    if complaint:
        said = refusal(tmp_path, project, "har", har(entry), scenario=scenario)
        assert complaint in said
        assert "import it for another scenario" in said
    else:
        assert response(load(tmp_path, project, "har", har(entry), scenario=scenario))


def test_an_error_answers_any_scenario(tmp_path, project):
    assert load(tmp_path, project, "har", har(har_entry(SLOW, status=429)), scenario="streaming")


def test_a_request_like_the_scenarios_needs_no_note(tmp_path, project):
    body = project.scenarios["basic"].body("any-model")
    shuffled = dict(reversed([*body.items(), ("stream", False)]))
    entry = asked(har_entry(), json.dumps(shuffled, indent=1))
    assert load(tmp_path, project, "har", har(entry)).notes == ()


def test_what_was_asked_otherwise_is_noted(tmp_path, project):
    body = project.scenarios["basic"].body("m") | {"temperature": 0.5, "n": 1}
    (first, *others) = load(
        tmp_path, project, "har", har(asked(har_entry(), json.dumps(body)))
    ).notes
    assert first == "log.entries[0].response: what was asked is not what basic asks"
    assert others == [
        "  $.temperature: expected 1; received 0.5",
        "  $.n: expected nothing; received 1",
    ]


@pytest.mark.parametrize("body", [None, "", "{", "5", "\ud800"])
def test_a_request_without_a_body_cannot_be_compared_and_that_is_said(tmp_path, project, body):
    (note,) = load(tmp_path, project, "har", har(asked(har_entry(), body))).notes
    assert note == "log.entries[0].response: the file has no request body, so it cannot be compared"


def test_requests_in_cassettes_and_of_the_test_proxy_are_compared_too(tmp_path, project):
    assert len(load(tmp_path, project, "vcrpy", cassette(f"'{ANSWER}'"), "t.yaml").notes) > 1
    assert len(load(tmp_path, project, "azure-test-proxy", proxy({"a": 1})).notes) > 1
    tape = cassette(f"'{ANSWER}'").replace('{"model": "x"}', '{"stream": true}')
    assert "asks for no stream" in refusal(tmp_path, project, "vcrpy", tape, "t.yaml")
    content = proxy({"a": 1})
    content["Entries"][0]["RequestBody"] = {"stream": True}
    assert "asks for no stream" in refusal(tmp_path, project, "azure-test-proxy", content)


def test_an_answer_of_an_operation_with_a_longer_path_is_left_out(tmp_path, project):
    chat = project.operations["chat"]
    old = msgspec.structs.replace(chat, name="old", path="/completions")
    grown = msgspec.structs.replace(project, operations={"old": old, "chat": chat})
    archive = har(har_entry(), har_entry(url="https://api.example.com/v1/completions"))
    (first,) = load(tmp_path, grown, "har", archive, chosen="old").left_out
    assert "/chat/completions" in first
    assert "found none" in refusal(tmp_path, grown, "har", har(har_entry()), chosen="old")
