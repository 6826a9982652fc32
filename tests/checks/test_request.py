"""What a request must carry is found for each client by itself, whoever else runs."""

import msgspec
import pytest

from harness.checks import request

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
