"""Two reports are told apart by what readers and services see, and by nothing that chance makes."""

import copy

import pytest

from harness.cli.main import invoke
from harness.report.difference import differences, missing, told

REQUEST = {
    "method": "POST",
    "url": "https://a.example/chat?api-version=1",
    "body": {"messages": [{"role": "user", "content": "Hi"}], "temperature": 1},
}
CELL = {
    "type": "cell",
    "id": "python/basic",
    "client": "python",
    "verdict": "pass",
    "requests": [REQUEST],
    "exit": {"code": 0, "signal": None, "ended_for": None},
    "output": "Hello\n",
    "stderr": "",
    "run": {
        "headers": [
            [
                ["X-Request-Id", "0b9c4f0e-6c1f-4b43-a2b6-4b7a1f1f9a10"],
                ["Content-Length", "99"],
                ["Accept", "text/plain"],
            ]
        ]
    },
}


@pytest.fixture
def changed():
    return copy.deepcopy(CELL)


def fields(before, after):
    return [(one.field, one.before, one.after) for one in differences([before], [after])]


def test_what_chance_makes_is_no_difference(changed):
    changed["run"]["headers"][0][0][1] = "11111111-2222-3333-4444-555555555555"
    changed["run"]["headers"][0][1][1] = "100"
    changed["run"]["duration_ms"] = 7
    changed["requests"][0]["body"]["temperature"] = 1.0
    assert fields(CELL, changed) == []


def test_every_part_of_a_request_is_compared(changed):
    request = changed["requests"][0]
    request["method"] = "PUT"
    request["url"] = "https://b.example/chat?api-version=2&x="
    request["body"]["messages"][0]["content"] = "Ho"
    del request["body"]["temperature"]
    changed["run"]["headers"][0][2] = ["accept", "*/*"]
    assert fields(CELL, changed) == [
        ("request method", "POST", "PUT"),
        ("request url", "https://a.example/chat", "https://b.example/chat"),
        ("request query api-version", "1", "2"),
        ("request header accept", "text/plain", "*/*"),
        ("request body $.messages[0].content", '"Hi"', '"Ho"'),
        ("request body $.temperature", "1", "nothing"),
        ("request query x", "nothing", ""),
    ]


def test_requests_that_have_no_like_are_only_counted(changed):
    changed["requests"] = []
    changed["run"]["headers"] = []
    assert fields(CELL, changed) == [("requests", "1", "0")]


def test_of_several_requests_each_is_named(changed):
    before = copy.deepcopy(CELL)
    for line in (before, changed):
        line["requests"] *= 2
        line["run"]["headers"] *= 2
    changed["requests"] = [REQUEST, {**REQUEST, "method": "PUT"}]
    assert fields(before, changed) == [("request 2 method", "POST", "PUT")]


def test_a_verdict_comes_first_and_tells_whether_it_got_worse(changed):
    changed |= {"verdict": "fail", "output": "Hullo\nWorld\n"}
    changed["exit"] = {"code": None, "signal": 9, "ended_for": None}
    first, *others = differences([CELL], [changed])
    assert first.worse
    assert [one.field for one in others] == ["exit", "output"]
    assert not any(one.worse for one in (*others, *differences([changed], [CELL])))
    assert "\n".join(told([others[1]], ("before", "after"))) == (
        "python/basic: output\n  before  Hello\n\n  after   Hullo\n          World\n"
    )


def test_the_same_in_several_samples_is_told_once():
    def cells(accept):
        for name in ("python/a", "python/b", "curl/a"):
            line = copy.deepcopy(CELL) | {"id": name, "client": name.partition("/")[0]}
            line["run"]["headers"][0][2][1] = accept
            yield line

    found = differences(cells("a"), cells("b"))
    assert [one.cells for one in found] == [("python/a", "python/b"), ("curl/a",)]
    assert next(told(found, ("x", "y"))) == "python/a and 1 other: request header accept"


def test_samples_of_one_report_alone_are_told(changed):
    changed["id"] = "python/other"
    assert missing([CELL], [changed]) == (["python/basic"], ["python/other"])
    assert differences([CELL], [changed]) == []


def test_what_is_no_report_is_told(tmp_path, capsys):
    assert invoke(["report", "diff", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "a: cannot be read" in capsys.readouterr().err
