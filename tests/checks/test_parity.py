"""Clients are held against one another field by field, also where each is right by itself."""

import pytest

from harness.checks import parity
from harness.model.recording import Response

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


def error(body, status=401):
    return Response(status=status, reason="", headers=(), framing="length", body=body, chunks=())


def test_an_error_is_compared_by_its_code_and_message_however_it_is_shown(run):
    denied = error(b'{"error":{"code":"no","message":"Not  you."}}')
    curl = run("curl", response=denied, shown=denied.body, code=22)
    python = run("python", response=denied, said=b"no: Not you.\n", code=1)
    javascript = run("javascript", response=denied, said=b"Error (no) Not you.\n", code=1)
    assert parity.output([curl, python, javascript]) == []
    other = run("javascript", response=denied, said=b"no: Go away.\n", code=1)
    (found,) = parity.output([curl, python, other])
    assert found.received == {
        "error": {"curl": "no: Not you.", "python": "no: Not you.", "javascript": "no: Go away."}
    }
    other = run("curl", response=denied, shown=denied.body.replace(b"no", b"yes"), code=22)
    (found,) = parity.output([other, python])
    assert found.received["error"]["curl"] == "yes: Not you."


def test_an_error_without_them_is_compared_as_a_value(run):
    proxy = error(b'{"statusCode": 401, "message": "Wrong.", "ratio": 1.0}')
    curl = run("curl", response=proxy, shown=proxy.body, code=22)
    line = b'HTTP 401: {"message":"Wrong.","ratio":1,"statusCode":401}\n'
    assert parity.output([curl, run("javascript", response=proxy, said=line, code=1)]) == []
    line = line.replace(b"Wrong", b"Right")
    (found,) = parity.output([curl, run("javascript", response=proxy, said=line, code=1)])
    assert list(found.received) == ["error"]


def test_an_error_that_is_no_json_is_compared_by_its_words(run):
    page = error(b"<h1>\r\n  Bad gateway</h1>", 502)
    curl = run("curl", response=page, shown=page.body, code=22)
    line = b"HTTP 502: <h1> Bad gateway</h1>\n"
    assert parity.output([curl, run("python", response=page, said=line, code=1)]) == []
    line = line.replace(b"Bad", b"Good")
    assert parity.output([curl, run("python", response=page, said=line, code=1)])


def test_a_part_may_be_shown_or_refused(run):
    part = error(
        b'{"choices":[{"finish_reason":"content_filter","message":{"content":"Par"}}]}', 200
    )
    curl = run("curl", response=part, shown=part.body)
    shows = run("python", response=part, shown=b"Par\n")
    refuses = run("javascript", response=part, said=b"Filtered.\n", code=1)
    assert parity.output([curl, shows, refuses]) == []
    assert parity.output([curl, run("python", response=part, shown=b"Pa\n")])
