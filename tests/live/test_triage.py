"""Every way in which an endpoint fails a run has its own cause, and nothing hangs."""

import codecs
import json
import time

import pytest
from serving import cells, run
from upstreams import chat, chunked, error, events, reply, right, upstream

BUSY = reply(
    "429 Too Many Requests", error("RateLimitReached", "Slow down"), headers=[("retry-after", "1")]
)


def no_content(request):
    body = chat()
    body["choices"][0]["message"]["content"] = {"text": "Paris, Madrid"}
    yield reply(body=body)


def refusal(request):
    body = chat()
    body["choices"][0]["message"] |= {"content": None, "refusal": "I cannot help with that."}
    yield reply(body=body)


def cut_short(request):
    yield from list(chunked(events()))[:3]


def reset(request):
    yield from list(chunked(events()))[:3]
    time.sleep(0.2)
    yield "reset"


def broken_stream(request):
    *pieces, done = events()
    failed = f"data: {json.dumps(error('server_error', 'It broke down.'))}\n\n".encode()
    yield from chunked([*pieces[:3], failed, done])


def brownout(request):
    body = error("github_models_retirement_brownout", "GitHub Models is temporarily unavailable.")
    yield reply("503 Service Unavailable", body)


def always(answer):
    return lambda request: iter([answer])


GONE = always(reply("410 Gone", error("gone", "It was switched off")))
MOVED = always(reply("301 Moved Permanently", b"", headers=[("location", "https://b.example/v1")]))
MOVED_FOR_NOW = always(
    reply("307 Temporary Redirect", b"", headers=[("location", "/v1/chat/completions")])
)
MOVED_AWAY = always(
    reply("308 Permanent Redirect", b"", headers=[("location", "https://b.example/v1")])
)
DENIED = always(reply("401 Unauthorized", error("unauthorized", "Bad credentials")))
POOR = always(reply("402 Payment Required", error("billing", "Add a card")))
PAGE = always(reply(body=b"<html>Log in</html>", media="text/html"))
TROUBLE = always(reply("503 Service Unavailable", error("overloaded", "Later")))
NEW_RULES = always(reply("400 Bad Request", error("unsupported", "max_tokens is not supported")))
ELSEWHERE = always(reply(body=chat("The capital is Lyon.")))

CASES = {
    "410": (GONE, "curl/basic", "retired or moved", 3),
    "redirect": (MOVED, "curl/basic", "retired or moved", 3),
    "redirect that libraries follow": (MOVED_FOR_NOW, "python/basic", "retired or moved", 3),
    "redirect to another host": (MOVED_AWAY, "javascript/basic", "retired or moved", 3),
    "brownout": (brownout, "curl/basic", "retired or moved", 3),
    "401": (DENIED, "curl/basic", "credentials", 3),
    "402": (POOR, "curl/basic", "quota", 3),
    "429 for ever": (always(BUSY), "curl/basic", "quota", 3),
    "503": (TROUBLE, "curl/basic", "network", 3),
    "a web page": (PAGE, "curl/basic", "network", 3),
    "nothing at all": (always("silence"), "curl/basic", "network", 3),
    "closed at once": (always(b""), "curl/basic", "network", 3),
    "cut streams": (cut_short, "curl/streaming", "network", 3),
    "failing streams": (broken_stream, "python/streaming", "network", 3),
    "reset streams": (reset, "curl/streaming", "network", 3),
    "changed shape": (no_content, "curl/basic", "API shape", 1),
    "request not taken": (NEW_RULES, "curl/basic", "API shape", 1),
    "refusal": (refusal, "curl/basic", "answer", 1),
    "refusal that a sample tells": (refusal, "javascript/basic", "answer", 1),
    "another answer": (ELSEWHERE, "curl/basic", "answer", 1),
}


@pytest.mark.parametrize("name", CASES)
def test_a_failure_is_put_down_to_its_cause(tmp_path, name):
    answer, cell, cause, code = CASES[name]
    with upstream(answer) as endpoint:
        done, lines = run(
            tmp_path, cell, "--live", endpoint.url, "--patience", "2", "--timeout", "4"
        )
    found = cells(lines)[cell]
    assert found["diagnosis"]["cause"] == cause, done.stdout
    assert found["verdict"] == ("fail" if code == 1 else "error")
    assert done.returncode == code
    assert found["diagnosis"]["evidence"]
    assert found["diagnosis"]["remedy"] in done.stdout


def test_an_answer_of_another_kind_was_not_too_slow(tmp_path):
    with upstream(always(reply("202 Accepted", chat()))) as endpoint:
        done, lines = run(tmp_path, "curl/basic", "--live", endpoint.url)
    found = cells(lines)["curl/basic"]["diagnosis"]
    assert (found["cause"], done.returncode) == ("network", 3)
    assert "202 Accepted" in found["evidence"]
    assert "the right URL?" in found["remedy"]
    assert "--timeout" not in found["remedy"]


def test_an_endpoint_that_is_not_there_is_the_networks_fault(tmp_path):
    done, lines = run(tmp_path, "curl/basic", "--live", "http://127.0.0.1:9/v1")
    found = cells(lines)["curl/basic"]["diagnosis"]
    assert (found["cause"], done.returncode) == ("network", 3)
    assert "cannot connect to 127.0.0.1:9" in found["evidence"]
    assert "is it running?" in found["remedy"]


def test_events_that_only_one_library_cannot_read_are_that_librarys_fault(tmp_path):
    def commented(request):
        yield from chunked([b": a comment\r\n\r\n", *events()])

    with upstream(commented) as endpoint:
        names = ("curl/streaming", "javascript/streaming", "python/streaming")
        _, lines = run(tmp_path, *names, "--live", endpoint.url, "--timeout", "60")
    found = cells(lines)
    assert {name: one["verdict"] for name, one in found.items()} == {
        "curl/streaming": "pass",
        "javascript/streaming": "pass",
        "python/streaming": "fail",
    }
    assert found["python/streaming"]["diagnosis"]["cause"] == "client library"


def test_a_sample_that_asks_the_wrong_thing_is_its_own_fault(tmp_path, broken):
    with upstream(right) as endpoint:
        done, lines = run(tmp_path, "curl/basic", "--live", endpoint.url, "--project", str(broken))
    found = cells(lines)["curl/basic"]
    assert (found["diagnosis"]["cause"], done.returncode) == ("sample", 1)


def test_a_429_is_waited_out_as_it_asks_and_the_sample_never_knows(tmp_path):
    answers = iter([[BUSY], [BUSY]])

    def answer(request):
        return next(answers, None) or right(request)

    with upstream(answer) as endpoint:
        started = time.monotonic()
        _, lines = run(tmp_path, "curl/basic", "--live", endpoint.url)
        took = time.monotonic() - started
    found = cells(lines)["curl/basic"]
    assert found["verdict"] == "pass"
    assert found["run"]["answers"][0]["waited_s"] == [1.0, 1.0]
    assert len(endpoint.requests) == 3
    assert len(found["requests"]) == 1
    assert took > 2


def test_a_service_that_announces_its_end_is_a_warning(tmp_path):
    def announced(request):
        yield reply(body=chat(), headers=[("sunset", "Sat, 01 Aug 2026 00:00:00 GMT")])

    with upstream(announced) as endpoint:
        done, lines = run(tmp_path, "curl/basic", "--live", endpoint.url)
    found = cells(lines)["curl/basic"]
    assert found["verdict"] == "pass"
    assert [one["check"] for one in found["findings"] if one["severity"] == "warning"] == [
        "answer.status"
    ]
    assert "the endpoint says that it will end" in done.stdout


@pytest.mark.parametrize(("answer", "cause"), [(right, "sample"), (DENIED, "credentials")])
def test_what_a_shell_cannot_read_is_the_samples_fault_and_no_401_is(
    tmp_path, broken, answer, cause
):
    path = broken / "samples/curl/basic.sh"
    text = path.read_bytes().replace(b"capital of Spain", b"capital of France")
    # Inside of the body they do no harm.
    harmless = text.replace(b": 1,\n", b": 1,\r\n")
    path.write_bytes(codecs.BOM_UTF8 + text if cause == "sample" else harmless)
    with upstream(answer) as endpoint:
        _, lines = run(tmp_path, "curl/basic", "--live", endpoint.url, "--project", str(broken))
    found = cells(lines)["curl/basic"]
    assert found["diagnosis"]["cause"] == cause
    named = {one["check"] for one in found["findings"]}
    assert named == ({"sample.text"} if cause == "sample" else {"answer.status"})
