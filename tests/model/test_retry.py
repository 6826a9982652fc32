"""How a client asks again decides which recorded exchange answers which of its requests."""

import shutil

import msgspec
import pytest

from harness.model import build
from harness.model.recording import Exchange, Response
from harness.model.retry import Course, Retry, course

TOLD = {"with_retry_after": frozenset({429, 503}), "heeds": ("retry-after-ms", "Retry-After")}
RETRY = Retry(times=3, statuses=frozenset({500, 503}), **TOLD)
NEVER = Retry()


def answer(status, **headers):
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status=status, reason="", headers=pairs, framing="length", body=b"", chunks=())


@pytest.mark.parametrize(
    ("response", "again", "wait"),
    [
        (answer(500), True, None),
        (answer(502), False, None),
        (answer(200, retry_after="1"), False, None),
        (answer(429), False, None),
        (answer(429, retry_after="1"), True, 1),
        (answer(429, Retry_After=" 0.5 "), True, 0.5),
        (answer(429, retry_after="2", retry_after_ms="1500"), True, 1.5),
        (answer(429, retry_after="soon"), False, None),
        (answer(429, retry_after="nan"), False, None),
        (answer(429, retry_after="-1"), True, 0),
        (answer(429, retry_after="Thu, 01 Jan 1970 00:00:10 GMT"), True, 10),
        (answer(429, x_ms_retry_after_ms="10"), False, None),
        (answer(503), True, None),
        (answer(503, retry_after="1"), True, 1),
        (answer(500, retry_after="1"), True, None),
    ],
)
def test_status_and_headers_say_whether_and_when(response, again, wait):
    assert (RETRY.after(response), RETRY.wait_s(response, 0)) == (again, wait)
    assert not NEVER.after(response)


def turns(retry, *responses):
    return course([Exchange(method="POST", path="/", response=one) for one in responses], retry)


BUSY, BROKEN, FINE = answer(429, retry_after="1"), answer(500), answer(200)


@pytest.mark.parametrize(
    ("retry", "responses", "turns_due", "repeats"),
    [
        (RETRY, [FINE], (0,), 0),
        (RETRY, [FINE, FINE], (0, 1), 0),
        (RETRY, [BUSY, FINE], (0, 1), 0),
        (NEVER, [BUSY, FINE], (0,), 0),
        (RETRY, [answer(401), FINE], (0,), 0),
        (RETRY, [BROKEN], (0,), 3),
        (NEVER, [BROKEN], (0,), 0),
        (RETRY, [BROKEN, BROKEN], (0, 1), 2),
        (RETRY, [BROKEN] * 4, (0, 1, 2, 3), 0),
        (RETRY, [BROKEN] * 6, (0, 1, 2, 3), 0),
        (RETRY, [BROKEN, BROKEN, FINE], (0, 1, 2), 0),
        (RETRY, [FINE, BROKEN], (0, 1), 3),
        (RETRY, [BROKEN, BROKEN, FINE, BROKEN, BROKEN, FINE], (0, 1, 2, 3, 4, 5), 0),
    ],
)
def test_a_client_takes_its_own_course_through_a_recording(retry, responses, turns_due, repeats):
    assert turns(retry, *responses) == Course(turns=turns_due, repeats=repeats)


def test_an_error_that_is_asked_for_again_is_answered_again():
    found = turns(RETRY, BROKEN, BROKEN)
    assert [found.exchange(number) for number in range(5)] == [0, 1, 1, 1, None]
    assert found.most == 4


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{times: 2}", "'statuses' or 'with_retry_after' is missing"),
        ("{times: 0, statuses: [500]}", "expected at least 1"),
        ("{statuses: [500]}", "'times' is missing"),
        ("{times: 1, with_retry_after: [429]}", "'heeds' is missing"),
        ("{times: 1, statuses: [504-500]}", "a range from a lower status"),
        ("{times: 1, statuses: [200]}", "a status from 400 to 599"),
        ("{times: 1, statuses: [5xx]}", "a status from 400 to 599"),
        ("{times: 1, statuses: [500], heeds: [later]}", "expected one of"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_line(root, tmp_path, rule, said):
    folder = shutil.copytree(root / "samples/curl", tmp_path / "curl")
    text = (folder / "client.yaml").read_text("utf-8")
    (folder / "client.yaml").write_text(f"{text}retry: {rule}\n", "utf-8")
    problems = []
    assert build.client(folder, "samples/curl", problems) is None
    assert [said in one.message for one in problems] == [True], problems
    assert problems[0].line == text.count("\n") + 1


def test_ranges_are_spelt_out(project):
    retry = project.clients["javascript"].retry
    assert {502, 503, 504, 599} < retry.statuses
    assert {501, 505, 600}.isdisjoint(retry.statuses)


def test_how_long_a_recording_makes_a_client_wait(project):
    cell = next(one for one in project.cells() if one.id == "curl/basic")

    def waits(retry, *responses):
        exchanges = [Exchange(method="POST", path="/", response=one) for one in responses]
        recording = msgspec.structs.replace(cell.recording, exchanges=tuple(exchanges))
        client = msgspec.structs.replace(cell.client, retry=retry)
        return msgspec.structs.replace(cell, recording=recording, client=client).waits_s(0)

    assert waits(RETRY, BUSY, FINE) == 1
    assert waits(RETRY, BUSY) == 3
    assert waits(RETRY, BUSY, BUSY) == 3
    assert waits(NEVER, BUSY, FINE) == 0
    assert waits(RETRY, BROKEN) == 0
