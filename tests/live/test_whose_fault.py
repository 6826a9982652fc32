"""What an endpoint does to every sample is told once, and is never a sample's fault."""

import socket
import threading
import time

import pytest
from serving import cells, run
from upstreams import Endpoint, chat, chunked, error, events, reply, right, upstream


def unused():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def told_once(done, lines, cause):
    """Whether each sample has a cause, and the user was told of it once."""
    found = cells(lines)
    assert {one["verdict"] for one in found.values()} == {"error"}, done.stdout
    assert {one["diagnosis"]["cause"] for one in found.values()} == {cause}
    assert done.returncode == 3
    assert done.stdout.count("remedy: ") == 1, done.stdout
    assert done.stdout.count("rerun: ") == 1
    agreeing = {line["verdict"] for line in lines if line["type"] == "parity"}
    assert agreeing == {"skipped"}
    assert "same" not in done.stdout
    return next(iter(found.values()))["diagnosis"]


def test_nobody_listening_is_told_once_and_nothing_agrees(tmp_path):
    done, lines = run(tmp_path, "--live", f"http://127.0.0.1:{unused()}/v1")
    found = told_once(done, lines, "network")
    assert "cannot connect to 127.0.0.1:" in found["evidence"]
    assert "is it running?" in found["remedy"]
    assert "No answer came from" in done.stdout
    assert len(done.stdout.splitlines()) < 2 * len(cells(lines)) + 12


def test_a_name_that_nobody_knows_is_told_once(tmp_path):
    done, lines = run(tmp_path, "--live", "http://nobody.invalid/v1")
    found = told_once(done, lines, "network")
    assert "no address is known for nobody.invalid" in found["evidence"]
    assert "the right URL" in found["remedy"]


def test_a_server_without_tls_is_told_once(tmp_path):
    def plain(request):
        yield reply(body=chat())

    with upstream(plain) as endpoint:
        url = endpoint.url.replace("http://", "https://")
        done, lines = run(tmp_path, "--live", url, "--timeout", "8")
    assert told_once(done, lines, "network")["evidence"].startswith("127.0.0.1:")


def test_a_wrong_key_is_told_once_and_the_rest_is_not_sent(tmp_path):
    def denied(request):
        yield reply("401 Unauthorized", error("unauthorized", "Bad credentials"))

    with upstream(denied) as endpoint:
        done, lines = run(tmp_path, "-j", "1", "--live", endpoint.url, SAMPLEPROOF_KEY="k" * 20)
    found = told_once(done, lines, "credentials")
    assert found["remedy"] == "check the key in SAMPLEPROOF_KEY"
    assert len(endpoint.requests) == 1


def test_without_a_key_the_remedy_is_to_set_one(tmp_path):
    def denied(request):
        yield reply("401 Unauthorized", error("unauthorized", "Who are you?"))

    with upstream(denied) as endpoint:
        _, lines = run(tmp_path, "curl/basic", "--live", endpoint.url)
    found = cells(lines)["curl/basic"]["diagnosis"]
    assert found["remedy"] == "it wants a key: export SAMPLEPROOF_KEY=…"


def test_connections_that_are_reset_are_told_once(tmp_path):
    with upstream(lambda request: iter(["reset"])) as endpoint:
        done, lines = run(tmp_path, "curl", "--live", endpoint.url)
    assert "reset the connection without an answer" in told_once(done, lines, "network")["evidence"]


def test_a_server_in_trouble_is_told_once_whatever_id_its_messages_bear(tmp_path):
    count = iter(range(1000, 2000))

    def trouble(request):
        message = f"Request {next(count)} failed (req_{next(count):x}f)"
        yield reply("500 Internal Server Error", error("server_error", message))

    with upstream(trouble) as endpoint:
        done, lines = run(tmp_path, "curl", "--live", endpoint.url)
    assert "in trouble" in told_once(done, lines, "network")["remedy"]


def test_a_request_that_the_endpoint_refuses_is_told_once(tmp_path):
    def refused(request):
        yield reply("400 Bad Request", error("bad", "temperature is not supported"))

    with upstream(refused) as endpoint:
        done, lines = run(tmp_path, "*/basic", "--live", endpoint.url)
    found = cells(lines)
    assert done.returncode == 1
    assert {one["verdict"] for one in found.values()} == {"fail"}
    assert {one["diagnosis"]["cause"] for one in found.values()} == {"API shape"}
    assert done.stdout.count("temperature is not supported") == 1, done.stdout
    assert done.stdout.count("  as ") == len(found) - 1


def slowly(gap_s, pieces=30):
    def answer(request):
        for piece in chunked(events(pieces=pieces)):
            yield piece
            time.sleep(gap_s)

    return answer


@pytest.mark.parametrize("cell", ["curl/streaming", "python/streaming", "javascript/streaming"])
def test_an_answer_that_is_still_arriving_at_the_limit_is_the_endpoints(tmp_path, cell):
    with upstream(slowly(0.5)) as endpoint:
        done, lines = run(tmp_path, cell, "--live", endpoint.url, "--timeout", "4")
    found = cells(lines)[cell]["diagnosis"]
    assert (found["cause"], done.returncode) == ("network", 3), done.stdout
    assert "no more came in time" in found["evidence"]
    assert "--timeout" in found["remedy"]


def test_an_answer_that_does_not_begin_in_time_is_the_endpoints(tmp_path):
    with upstream(lambda request: iter(["silence"])) as endpoint:
        started = time.monotonic()
        done, lines = run(tmp_path, "curl/basic", "--live", endpoint.url, "--timeout", "3")
        took = time.monotonic() - started
    found = cells(lines)["curl/basic"]["diagnosis"]
    assert (found["cause"], done.returncode) == ("network", 3)
    assert "did not begin to answer" in found["evidence"]
    assert took < 15  # the whole of it, and not the patience besides


def test_a_stream_that_only_takes_its_time_passes(tmp_path):
    with upstream(slowly(0.3, pieces=6)) as endpoint:
        done, _ = run(tmp_path, "curl/streaming", "--live", endpoint.url, "--timeout", "20")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("asked", "options", "seconds"),
    [
        (("retry-after", "3600"), (), "3600 s"),
        (("x-ratelimit-reset-requests", "6m0s"), (), "360 s"),
        (("retry-after", "30"), ("--timeout", "8"), "30 s"),
        (("retry-after", "30"), ("--patience", "5"), "30 s"),
    ],
)
def test_a_wait_that_is_too_long_is_told_with_the_time_to_come_back(
    tmp_path, asked, options, seconds
):
    def busy(request):
        yield reply("429 Too Many Requests", error("429", "Slow down"), headers=[asked])

    with upstream(busy) as endpoint:
        started = time.monotonic()
        done, lines = run(tmp_path, "--live", endpoint.url, "-j", "1", *options)
        took = time.monotonic() - started
    found = told_once(done, lines, "quota")
    assert f"left alone for {seconds}, until " in found["evidence"]
    assert "try again after " in found["remedy"]
    assert len(endpoint.requests) == 1  # nothing could come of the others
    assert took < 20


def test_libraries_do_not_sleep_for_what_nobody_waits_for(tmp_path):
    def busy(request):
        headers = [("retry-after", "3600"), ("x-ms-retry-after-ms", "3600000")]
        yield reply("429 Too Many Requests", error("429", "Slow down"), headers=headers)

    with upstream(busy) as endpoint:
        started = time.monotonic()
        done, _ = run(
            tmp_path, "python/basic", "javascript/basic", "--live", endpoint.url, "--timeout", "60"
        )
    assert done.returncode == 3
    assert time.monotonic() - started < 30


class OneAtATime(Endpoint):
    """Cuts the earlier of two answers off, as llama.cpp's server does."""

    def __init__(self):
        self.lock = threading.Lock()
        self.newest = 0
        super().__init__(self.answer_alone)

    def answer_alone(self, request):
        with self.lock:
            self.newest += 1
            mine = self.newest
        time.sleep(0.5)
        for piece in right(request):
            if self.newest != mine:
                yield "reset"
                return
            yield piece


def test_what_broke_while_another_ran_is_tried_alone_and_one_at_a_time_is_proposed(tmp_path):
    endpoint = OneAtATime()
    try:
        done, lines = run(tmp_path, "curl", "--live", endpoint.url, "-j", "2")
    finally:
        endpoint.stop()
    found = cells(lines)
    assert {one["verdict"] for one in found.values()} == {"pass"}, done.stdout
    warned = [
        finding["message"]
        for one in found.values()
        for finding in one["findings"]
        if finding["severity"] == "warning"
    ]
    assert len(warned) == 1
    assert "run with -j 1" in warned[0]
    assert "run with -j 1" in done.stdout
    assert len(endpoint.requests) == len(found) + 1


def test_what_breaks_alone_too_is_the_endpoints(tmp_path):
    with upstream(lambda request: iter([*list(chunked(events()))[:3], "reset"])) as endpoint:
        done, lines = run(tmp_path, "curl", "--live", endpoint.url, "-j", "2")
    assert done.returncode == 3
    assert {one["diagnosis"]["cause"] for one in cells(lines).values()} == {"network"}
