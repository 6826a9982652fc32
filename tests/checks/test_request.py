"""What a request must carry is found for each client by itself, whoever else runs."""

import msgspec
import pytest

from harness.checks import parity, request
from harness.model.observation import Answer
from harness.model.recording import Response
from harness.model.retry import Retry

JSON = {"Content-Type": "application/json"}


def found(evidence):
    return [(one.message, one.expected, one.received) for one in request.headers(evidence)]


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        " application/json ;x",
    ],
)
def test_a_media_type_is_compared_without_parameters_and_in_any_case(run, kind):
    assert found(run("curl", kind=kind, headers=JSON)) == []


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "application/jsonl", "application/json, text/plain", ""],
)
def test_another_media_type_is_wrong(run, kind):
    message = "the header Content-Type is not what the operation takes"
    assert found(run("curl", kind=kind, headers=JSON)) == [
        (message, "application/json", kind.strip())
    ]


def test_a_header_that_is_required_is_compared_by_its_pattern(run):
    dated = {"api-date": r"\d{4}-\d\d"}
    assert found(run("curl", headers=dated, more=[("API-Date", "2026-11")])) == []
    (missing,) = found(run("curl", headers=dated))
    assert missing == ("the header api-date is missing", dated["api-date"], None)
    (wrong,) = found(run("curl", headers=dated, more=[("api-date", "2026-11-01")]))
    assert wrong[2] == "2026-11-01"
    (twice,) = found(run("curl", headers=dated, more=[("api-date", "2026-11")] * 2))
    assert twice == (
        "the header api-date must be sent once; it was sent 2 times",
        dated["api-date"],
        ["2026-11"] * 2,
    )


def test_a_header_that_may_stand_once_is_found_twice_whatever_is_required(run):
    (twice,) = found(run("curl", headers={}, more=[("content-type", "text/plain")]))
    assert twice[2] == ["application/json", "text/plain"]
    assert found(run("curl", headers={}, more=[("Accept", "a/b"), ("Accept", "c/d")])) == []


def test_a_token_in_a_header_is_not_shown(run):
    (wrong,) = found(run("curl", headers={"x-name": "me"}, more=[("x-name", "canary-1")]))
    assert wrong[2] == "{token}"


def test_a_header_for_credentials_is_required_by_the_operation_s_data(run):
    def judged(*, required, **more):
        evidence = run("curl", **more)
        bearer, key = evidence.cell.operation.credentials
        rules = (msgspec.structs.replace(bearer, required=required), key)
        return request.auth(run("curl", credentials=rules, **more))

    key = [("api-key", "canary-1")]
    assert judged(required=True) == judged(required=False, more=key) == []
    (wrong,) = judged(required=True, more=[("Authorization", "Bearer canary-1")])
    assert wrong.received == ["Bearer {token}"] * 2
    (wrong,) = judged(required=False, more=key * 2)
    assert "api-key" in wrong.message


def test_where_no_header_is_required_one_must_carry_the_token_all_the_same(run):
    evidence = run("curl")
    rules = tuple(
        msgspec.structs.replace(one, required=False) for one in evidence.cell.operation.credentials
    )
    bare = run("curl", credentials=rules)
    (sent,) = bare.observation.requests
    observation = msgspec.structs.replace(
        bare.observation, requests=(msgspec.structs.replace(sent, headers=sent.headers[:1]),)
    )
    (none,) = request.auth(msgspec.structs.replace(bare, observation=observation))
    assert none.expected == "Authorization or api-key"


def test_every_request_is_judged_and_each_fault_told_once(run):
    evidence = run("curl", {}, {}, kind="text/plain", headers=JSON)
    assert len(found(evidence)) == 1
    assert len(request.body(evidence)) > 2


ERROR = Response(
    status=429, reason="", headers=(("Retry-After", "1"),), framing="length", body=b"{}", chunks=()
)


def answered(evidence, *responses, times, at=range(9)):
    """What a client sends that asks so often again, and when."""
    cell = evidence.cell
    first = cell.recording.exchanges[0]
    exchanges = tuple(msgspec.structs.replace(first, response=one) for one in responses)
    recording = msgspec.structs.replace(cell.recording, exchanges=exchanges)
    rule = Retry(times=times, with_retry_after=frozenset({429}), heeds=("retry-after",))
    client = msgspec.structs.replace(cell.client, retry=rule)
    sent = tuple(
        msgspec.structs.replace(one, at_s=when)
        for one, when in zip(evidence.observation.requests, at, strict=False)
    )
    return msgspec.structs.replace(
        evidence,
        cell=msgspec.structs.replace(cell, recording=recording, client=client),
        observation=msgspec.structs.replace(evidence.observation, requests=sent),
    )


@pytest.mark.parametrize(
    ("times", "sent", "expected"),
    [(0, 1, None), (0, 2, 1), (1, 1, None), (1, 2, None), (1, 3, "1 to 2"), (3, 5, "1 to 4")],
)
def test_an_error_is_asked_for_again_as_often_as_the_client_s_data_allows(
    run, times, sent, expected
):
    judged = request.count(answered(run("curl", *[{}] * sent), ERROR, times=times))
    assert [one.expected for one in judged] == ([] if expected is None else [expected])
    assert all("samples/curl/client.yaml" in one.message for one in judged)


def test_a_client_that_asks_again_must_come_to_the_answer(run):
    fine = run("curl").cell.recording.exchanges[0].response
    assert request.count(answered(run("curl", {}), ERROR, fine, times=0)) == []
    assert request.count(answered(run("curl", {}, {}), ERROR, fine, times=1)) == []
    (found,) = request.count(answered(run("curl", {}), ERROR, fine, times=1))
    assert (found.expected, found.received) == (2, 1)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ([5, 6], []),
        ([5, 5.96], []),
        ([5, 60], []),
        ([5, 5.9], ["1 s or more"]),
        ([5, 5], ["1 s or more"]),
    ],
)
def test_what_is_asked_again_comes_no_sooner_than_the_answer_said(run, at, said):
    judged = request.retry(answered(run("curl", {}, {}), ERROR, times=1, at=at))
    assert [one.expected for one in judged] == said


def test_what_is_asked_again_is_the_same(run):
    spelt = [b'{"a": 1}', b'{ "a": 1.0 }']
    assert request.retry(answered(run("curl", *spelt), ERROR, times=1)) == []
    (found,) = request.retry(answered(run("curl", b'{"a": 1}', b'{"a": 2}'), ERROR, times=1))
    assert ("$.a" in found.message, found.expected, found.received) == (True, "1", "2")


def test_what_is_asked_again_is_not_compared_between_clients(run):
    again = answered(run("curl", {"a": 1}, {"a": 1}), ERROR, times=1)
    assert parity.request([again, answered(run("python", {"a": 1}), ERROR, times=0)]) == []


def live(evidence, *responses, times):
    """The same, answered by an endpoint."""
    recorded = [one.response for one in evidence.cell.recording.exchanges]
    found = answered(evidence, *recorded, times=times)
    answers = tuple(Answer(response=one, model="m") for one in responses)
    return msgspec.structs.replace(
        found, observation=msgspec.structs.replace(found.observation, answers=answers)
    )


@pytest.mark.parametrize(
    ("statuses", "times", "fits"),
    [
        ([200], 0, True),
        ([200, 200], 0, False),
        ([429], 1, True),
        ([429, 429], 1, True),
        ([429, 429], 0, False),
        ([429, 429, 429], 1, False),
        ([429, 200], 1, True),
        ([429, 200, 200], 1, False),
    ],
)
def test_an_endpoint_is_asked_again_by_the_same_rule(run, statuses, times, fits):
    fine = run("curl").cell.recording.exchanges[0].response
    responses = [ERROR if status == 429 else fine for status in statuses]
    evidence = live(run("curl", *[{}] * len(statuses)), *responses, times=times)
    assert (request.count(evidence) == []) == fits


def test_a_connection_that_breaks_may_be_asked_again(run):
    fine = run("curl").cell.recording.exchanges[0].response
    broken = msgspec.structs.replace(fine, ending="reset")
    assert request.count(live(run("curl", {}, {}), broken, fine, times=0)) == []
