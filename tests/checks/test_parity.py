"""Clients are held against one another field by field, also where each is right by itself."""

import json

import pytest

from harness.checks import parity
from harness.checks.check import Evidence
from harness.model.observation import Exit, Observation, SeenRequest

BODY = {"messages": [{"role": "user", "content": "Hi"}], "temperature": 1}
URL = "/chat/completions"


@pytest.fixture
def run(project):
    """What one client's run has sent and shown."""

    def run(client, *bodies, target=URL, kind="application/json", shown=b""):
        cell = next(one for one in project.cells() if one.id == f"{client}/basic")
        requests = tuple(
            SeenRequest(
                scheme="https",
                host="models.inference.ai.azure.com",
                port=443,
                method="POST",
                target=target,
                headers=(("Content-Type", kind), ("Authorization", "Bearer canary-1")),
                body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            )
            for body in bodies or [BODY]
        )
        observation = Observation(
            requests=requests,
            stdout=shown,
            stderr=b"",
            exit=Exit(code=0),
            gates=(),
            canary="canary-1",
            limit_s=1,
            duration_ms=1,
        )
        return Evidence(cell=cell, observation=observation)

    return run


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
    assert differing(run("curl"), run("python", target="/other")) == ["url"]
    assert differing(run("curl", BODY, BODY), run("python"))[0] == "requests"
    assert differing(run("curl", target=f"{URL}?a=1"), run("python", target=f"{URL}?a=2")) == [
        "query a"
    ]
    assert differing(run("curl", b"no json"), run("python", b"nor this")) == ["$"]


def test_a_token_in_a_body_is_not_shown(run):
    (found,) = parity.request([run("curl", {"a": "canary-1"}), run("python", {"a": "b"})])
    assert found.received == {"$.a": {"curl": '"{token}"', "python": '"b"'}}
    assert "canary" not in found.message
