"""Clients are held against one another field by field, also where each is right by itself."""

import pytest

from harness.checks import parity

BODY = {"messages": [{"role": "user", "content": "Hi"}], "temperature": 1}
URL = "/chat/completions"


def differing(*runs):
    return [row for found in parity.request(runs) for row in found.received]


def test_spelling_and_order_and_versions_are_no_difference(run):
    other = {"temperature": 1.0, "messages": BODY["messages"]}
    azure = run("python", other, target=f"{URL}?api-version=1", kind="application/json; x=y")
    assert differing(run("curl"), azure, run("javascript")) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"temperature": 2}, "$.temperature"),
        ({"temperature": True}, "$.temperature"),
        ({"messages": [{"role": "user", "content": "Ho"}]}, "$.messages[0].content"),
        ({"messages": []}, "$.messages"),
        ({"stream": False}, "$.stream"),
        ({"odd name": 1}, '$["odd name"]'),
    ],
)
def test_a_body_that_differs_is_told_by_its_field(run, changes, field):
    (found,) = parity.request([run("curl"), run("python"), run("javascript", {**BODY, **changes})])
    assert field in found.received
    values = found.received[field]
    assert values["curl"] == values["python"] != values["javascript"]
    assert all(len(line) <= 80 for line in found.message.splitlines())
    assert field[:25] in found.message


def test_everything_else_that_is_sent_is_compared_too(run):
    assert differing(run("curl"), run("python", kind="text/plain")) == ["content-type"]
    twice = [("Content-Type", "text/plain")]
    assert differing(run("curl"), run("python", more=twice)) == ["content-type"]
    assert differing(run("curl"), run("python", target="/other")) == ["url"]
    assert differing(run("curl", BODY, BODY), run("python"))[0] == "requests"
    assert differing(run("curl", target=f"{URL}?a=1"), run("python", target=f"{URL}?a=2")) == [
        "query a"
    ]
    assert differing(run("curl", target=f"{URL}?a=1&a=2"), run("python", target=f"{URL}?a=2")) == [
        "query a"
    ]
    assert differing(run("curl", b"no json"), run("python", b"nor this")) == ["$"]


def test_a_token_in_a_body_is_not_shown(run):
    (found,) = parity.request([run("curl", {"a": "canary-1"}), run("python", {"a": "b"})])
    assert found.received == {"$.a": {"curl": '"{token}"', "python": '"b"'}}
    assert "canary" not in found.message


BODIES = [b'{"choices":[{"message":{"content":"%b"}}]}' % text for text in (b"Paris.", b"Rome.")]


def test_an_answer_is_compared_as_a_reader_takes_it_off_the_terminal(run):
    shown = [run("curl", shown=BODIES[0]), run("python", shown=b"Paris.\n")]
    assert parity.output(shown) == []
    (found,) = parity.output([*shown, run("javascript", shown=b"Rome.\n")])
    assert found.received["answer"]["javascript"] == '"Rome."'
    (found,) = parity.output([run("curl", shown=BODIES[1]), *shown[1:]])
    assert found.received["answer"]["curl"] == '"Rome."'
