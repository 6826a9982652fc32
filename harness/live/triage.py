"""Puts each failure of a live run down to one cause, with what speaks for it.

What the endpoint did is looked at first, then what the sample did. If neither tells, the same
sample is run against its recording: what fails there as well is the sample's own fault.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.checks.check import ANSWER_CHECKS
from harness.model.finding import Diagnosis

if TYPE_CHECKING:
    from harness.live.target import Target
    from harness.model.finding import Cause
    from harness.model.observation import Answer
    from harness.model.operation import Operation
    from harness.model.recording import Response
    from harness.outcome import Outcome

OURS: frozenset[Cause] = frozenset({"sample", "client library", "API shape"})
"""What this project can mend; only they fail a nightly."""

ENDPOINTS: frozenset[Cause] = frozenset({"retired or moved", "credentials", "quota", "network"})
"""What kept the endpoint from answering at all: nothing is proved of the sample."""

SAMPLES = ("network.", "request.", "secret.")
"""Checks of what only the sample does."""

RETIREMENT = re.compile("retire|sunset|decommission|deprecat", re.IGNORECASE)
"""Error codes that tell of an end."""

MOVED = {301, 302, 303, 307, 308, 404, 410}
CREDENTIALS = {401, 403, 407}
QUOTA = {402, 429}
TOO_LARGE = 413
SERVER = 500


def is_unclear(outcome: Outcome) -> bool:
    """Whether only a run against the recording can tell whose fault it is."""
    named = {one.check for one in outcome.findings if one.severity == "error"}
    told = any(check.startswith(SAMPLES) or check in ANSWER_CHECKS for check in named)
    return not told and named != {"answer.expected"}


def triage(outcome: Outcome, recorded: Outcome | None, target: Target) -> Diagnosis:
    """The cause of a failure.

    Args:
        outcome: Of the live run.
        recorded: Of the same sample against its recording, if it was run.
        target: The endpoint.
    """
    errors = [one for one in outcome.findings if one.severity == "error"]
    named = {one.check for one in errors}
    evidence = errors[0].message if errors else "the clients differ"
    if any(check.startswith(SAMPLES) for check in named):
        return Diagnosis(cause="sample", evidence=evidence, remedy="mend the sample")
    if "answer.status" in named:
        return _endpoint(outcome, evidence, target)
    if "answer.shape" in named:
        answers = outcome.observation.answers if outcome.observation else None
        if answers and _is_page(answers[-1].response):
            return _page(evidence, target)
        remedy = (
            "hold the operation's description and the recording against the endpoint's reference"
        )
        return Diagnosis(cause="API shape", evidence=evidence, remedy=remedy)
    if named and named <= {"answer.expected"}:
        remedy = "run it again; if it stays, ask for less in the scenario, or name another model"
        return Diagnosis(cause="answer", evidence=evidence, remedy=remedy)
    if recorded is not None and recorded.verdict == "pass":
        evidence = f"{evidence}; against its recording the sample passes"
        remedy = "look for a newer version of the library, or report it there"
        return Diagnosis(cause="client library", evidence=evidence, remedy=remedy)
    return Diagnosis(cause="sample", evidence=evidence, remedy="mend the sample")


def _endpoint(outcome: Outcome, evidence: str, target: Target) -> Diagnosis:
    """The cause of an answer that is none, or an error."""
    answers = (outcome.observation.answers if outcome.observation else None) or ()
    operation = outcome.cell.operation
    bad = [one for one in answers if _is_bad(one, operation)]
    if not bad:
        return _network(evidence, target)
    answer = bad[-1]
    status = answer.response.status
    endpoint = target.endpoint
    cause: Cause = "API shape"
    remedy = "hold the request against the endpoint's reference"
    failure = operation.reply(answer.response).failure
    code = failure.code if failure else ""
    if RETIREMENT.search(code) or (answer.no_answer and endpoint.retired):
        cause, remedy = "retired or moved", _successor(target, answer.model)
        return Diagnosis(cause=cause, evidence=evidence, remedy=remedy)
    if answer.no_answer or answer.response.ending != "complete":
        return _network(evidence, target)
    if _is_page(answer.response) and status not in MOVED:
        return _page(evidence, target)
    if status in MOVED:
        cause, remedy = "retired or moved", _successor(target, answer.model)
    elif status in CREDENTIALS:
        cause = "credentials"
        remedy = f"check the key in {endpoint.token}" if endpoint.token else "it wants a key"
    elif status in QUOTA:
        cause, remedy = "quota", "try again later, or choose fewer samples"
    elif status >= SERVER or status in {200, 408}:  # a stream fails after its status was sent
        cause, remedy = "network", "try again later; the endpoint is in trouble"
    if location := dict(answer.response.headers).get("location"):
        evidence = f"{evidence}; it points to {location}"
    return Diagnosis(cause=cause, evidence=evidence, remedy=remedy)


def _is_bad(answer: Answer, operation: Operation) -> bool:
    found = answer.response
    if answer.no_answer or found.status >= 300:  # noqa: PLR2004
        return True
    return operation.reply(found).trouble != ""


def _is_page(response: Response) -> bool:
    return response.media_type in {"text/html", "application/xhtml+xml"}


def _page(evidence: str, target: Target) -> Diagnosis:
    return Diagnosis(
        cause="network",
        evidence=f"{evidence}; a web page came in the endpoint's place",
        remedy=f"is there a proxy or a login page between here and {target.endpoint.host}?",
    )


def _network(evidence: str, target: Target) -> Diagnosis:
    start = f"is it running? It is expected at {target.endpoint.url}"
    reach = f"is {target.endpoint.host} within reach from here?"
    remedy = start if target.is_local else reach
    return Diagnosis(cause="network", evidence=evidence, remedy=remedy)


def _successor(target: Target, model: str) -> str:
    question = f"is {target.endpoint.url} the right URL, and is there a model {model} there?"
    return target.obituary or question
