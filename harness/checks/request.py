"""Checks of what a sample sends: how often, where to, with which headers and token, which body."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from harness.checks.check import MOST_READ, Evidence, name_request
from harness.checks.sent import fields
from harness.model import jsonvalue
from harness.model.finding import Finding
from harness.model.redactor import redacted
from harness.model.reply import ERROR
from harness.model.retry import times_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.observation import SeenRequest

SHOWN = 20
"""Differences of one body that are told apart; more say no more."""

NAMED, NAME = 10, 300
"""How many requests a message names, and how many characters of each."""

EARLY_S = 0.05
"""So much earlier than it should a timer may go off."""


def count(evidence: Evidence) -> list[Finding] | None:
    """`request.count`: as many requests as the recording takes, by how the client asks again."""
    requests = evidence.observation.requests
    least, most = _wanted_live(evidence) if evidence.live else _wanted(evidence)
    if least <= len(requests) <= most:
        return []
    if len(requests) < least and any(one.miss for one in requests):
        return []  # it was not given what it would have asked again after
    if not requests and evidence.ended_badly and evidence.observation.exit.code != 0:
        return None  # it did not come so far: how it ended is the finding
    named = [evidence.hide(name_request(request))[:NAME] for request in requests[:NAMED]]
    sent = "; ".join(named + ["and more"] * (len(requests) > NAMED))
    said = sent or evidence.last_words
    again = (
        f"; {evidence.cell.client.file} says how often it asks again" if evidence.repeats else ""
    )
    wanted = _requests(least) if least == most else f"{least} to {_requests(most)}"
    return [
        Finding(
            check="request.count",
            message=f"the sample must send {wanted}{again}; it sent {len(requests)}"
            + (f": {said}" if said else ""),
            expected=least if least == most else f"{least} to {most}",
            received=len(requests),
        )
    ]


def _wanted(evidence: Evidence) -> tuple[int, int]:
    """How many requests the recording takes, at least and at most."""
    course = evidence.cell.course
    return len(course.turns), course.most


def _wanted_live(evidence: Evidence) -> tuple[int, int]:
    """The same where an endpoint answered: what follows from its errors, it may have been asked."""
    recorded = sum(one.response.status < ERROR for one in evidence.exchanges)
    before = evidence.answered[: len(evidence.observation.requests) - 1]
    allowed = times_again(before, evidence.cell.client.retry)
    asked = max(1, recorded)
    return (1 if evidence.fails else asked + allowed), asked + allowed


def _requests(number: int) -> str:
    return "one request" if number == 1 else f"{number} requests"


def endpoint(evidence: Evidence) -> list[Finding]:
    """`request.endpoint`: method, scheme, host, port, path, and a query the operation allows."""
    wanted, findings = evidence.cell.endpoint, []
    for number, request in enumerate(evidence.asked):
        exchange = evidence.exchanges[min(number, len(evidence.exchanges) - 1)]
        expected = _url(exchange.method, wanted.scheme, wanted.host, wanted.port)
        expected += wanted.base_path + exchange.path
        received = _url(request.method, request.scheme, request.host, request.port) + request.path
        if received != expected:
            findings.append(
                Finding(
                    check="request.endpoint",
                    message="the request goes to another place",
                    expected=expected,
                    received=evidence.hide(received),
                )
            )
        findings += _query(evidence, request)
    return findings or _not_sent(evidence)


def _not_sent(evidence: Evidence) -> list[Finding]:
    """Requests that were kept from the endpoint, whatever else is wrong with them."""
    return [
        Finding(
            check="request.endpoint",
            message="the request is none of the scenario's, and did not go to the endpoint",
            expected="the scenario's own requests",
            received=evidence.hide(f"{name_request(request)}: {request.miss}"),
        )
        for request in evidence.observation.requests
        if evidence.live and request.miss
    ]


def _url(method: str, scheme: str, host: str, port: int) -> str:
    usual = {"https": 443, "http": 80}.get(scheme)
    return f"{method} {scheme}://{host}" + ("" if port == usual else f":{port}")


def _query(evidence: Evidence, request: SeenRequest) -> list[Finding]:
    return [
        Finding(
            check="request.endpoint",
            message=fault.message,
            expected=fault.expected,
            received=fault.received,
        )
        for fault in evidence.cell.operation.query_faults(request.query)
        # Where the token stands, `secret.kept` has a word to say.
        if evidence.observation.canary not in fault.received
    ]


def headers(evidence: Evidence) -> list[Finding]:
    """`request.headers`: what the operation requires of them, and none twice that may stand once."""
    found: list[Finding] = []
    for request in evidence.observation.requests:
        for fault in evidence.cell.operation.header_faults(request.headers):
            values = [evidence.hide(value) for value in fault.received]
            one = Finding(
                check="request.headers",
                message=fault.message,
                expected=fault.expected,
                received=_one_or_all(values),
            )
            if one not in found:
                found.append(one)
    return found


def _one_or_all(values: list[str]) -> str | list[str] | None:
    return values[0] if len(values) == 1 else values or None


def auth(evidence: Evidence) -> list[Finding]:
    """`request.auth`: the reader's token, in the operation's credential headers, in one at least."""
    findings = []
    credentials = evidence.cell.operation.credentials
    not_one_required = not any(one.required for one in credentials)
    for request in evidence.observation.requests:
        if not_one_required and not any(request.values(one.header) for one in credentials):
            names = " or ".join(one.header for one in credentials)
            message = f"no header carries the token from {evidence.cell.endpoint.token}"
            findings.append(
                Finding(check="request.auth", message=message, expected=names, received=None)
            )
        for credential in credentials:
            expected = credential.form.format(token=evidence.observation.canary)
            values = request.values(credential.header)
            if values == [expected] or not (values or credential.required):
                continue
            received = [_disguise(evidence.hide(value)) for value in values]
            findings.append(
                Finding(
                    check="request.auth",
                    message=f"the header {credential.header} must carry the token from {evidence.cell.endpoint.token}",
                    expected=credential.form,
                    received=_one_or_all(received),
                )
            )
    return findings


def _disguise(value: str) -> str:
    """A header's value, without what may be somebody's real token."""
    if "{token}" in value:
        return value
    scheme, _, rest = value.rpartition(" ")
    return f"{scheme} {rest[:4]}…".strip()


def body(evidence: Evidence) -> list[Finding]:
    """`request.body`: the scenario, whole and nothing else; JSON compared by type."""
    findings = []
    for request in evidence.asked:
        if codings := [
            value for value in request.values("content-encoding") if value != "identity"
        ]:
            findings.append(
                Finding(
                    check="request.body",
                    message="the request says that its body is coded; the operation takes plain JSON",
                    expected="no Content-Encoding",
                    received=_one_or_all(codings),
                )
            )
            continue
        try:
            received = jsonvalue.parse(request.body)
        except ValueError as error:
            findings.append(
                Finding(
                    check="request.body",
                    message=f"the request's body is not JSON: {error}",
                    expected="JSON",
                    received=redacted(
                        evidence.hide(request.body[:MOST_READ].decode("utf-8", "replace"))
                    )[:200],
                )
            )
            continue
        expected = evidence.cell.scenario.body(evidence.cell.model)
        differences = [
            difference
            for difference in jsonvalue.differences(expected, received)
            # Where the token stands, `secret.kept` has a word to say.
            if evidence.observation.canary not in repr(difference.received)
        ]
        for difference in differences[:SHOWN]:
            findings.append(
                Finding(
                    check="request.body",
                    message=f"the request differs from the scenario at {difference.path}",
                    expected=jsonvalue.show(difference.expected),
                    received=evidence.hide(jsonvalue.show(difference.received)),
                )
            )
    return findings


def retry(evidence: Evidence) -> list[Finding]:
    """`request.retry`: what is asked again is the same, and is asked no sooner than the answer said."""
    sent, rule = evidence.observation.requests, evidence.cell.client.retry
    findings: list[Finding] = []
    for number, error in evidence.repeats.items():
        before, request = sent[number - 1], sent[number]
        findings += _changed(evidence, before, request)
        wait = rule.wait_s(error, time.time())
        if wait is not None and request.at_s - before.at_s < wait - EARLY_S:
            # How much sooner differs from run to run, and stands with the run's times.
            message = f"the sample asked again sooner than the answer, a {error.status}, says"
            findings.append(_again(message, f"{wait:g} s or more", "sooner"))
    return findings


def _changed(evidence: Evidence, before: SeenRequest, request: SeenRequest) -> Iterator[Finding]:
    one, other = fields(before), fields(request)
    for name in {**one, **other}:
        was, now = one.get(name), other.get(name)
        if was != now:
            message = f"the request that is sent again differs from the first: {name}"
            yield _again(message, was and evidence.hide(was), now and evidence.hide(now))


def _again(message: str, expected: str | None, received: str | None) -> Finding:
    return Finding(check="request.retry", message=message, expected=expected, received=received)
