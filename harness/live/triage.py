"""Puts each failure of a live run down to one cause, with what speaks for it.

What the endpoint did is looked at first, then what the sample did. If neither tells, the same
sample is run against its recording: what fails there as well is the sample's own fault.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from harness.checks.check import ANSWER_CHECKS
from harness.model.finding import Diagnosis

if TYPE_CHECKING:
    from harness.live.target import Target
    from harness.model.finding import Cause
    from harness.model.observation import Answer, Observation
    from harness.model.operation import Operation
    from harness.model.recording import Response
    from harness.outcome import Outcome

OURS: frozenset[Cause] = frozenset({"sample", "client library", "API shape"})
"""What this project can mend; only they fail a nightly."""

ENDPOINTS: frozenset[Cause] = frozenset({"retired or moved", "credentials", "quota", "network"})
"""What kept the endpoint from answering at all: nothing is proved of the sample."""

SAMPLES = ("network.", "request.", "sample.", "secret.")
"""Checks of what only the sample does."""

RETIREMENT = re.compile("retire|sunset|decommission|deprecat", re.IGNORECASE)
"""Error codes that tell of an end."""

MOVED = {301, 302, 303, 307, 308, 404, 410}
CREDENTIALS = {401, 403, 407}
QUOTA = {402, 429}
REQUEST_TIMEOUT = 408
SERVER = 500

NO_CONNECTION = {"name", "connect", "tls", "not_http"}
"""What keeps every sample from an answer."""

BROKEN = {"closed", "reset"}
"""What a server does that has too much to do at once."""

REFUSES_ALL = {401, 402}

UNSEARCHED = (
    "see why the endpoint codes its answers though it is asked not to, sends what is no text, or "
    "repeats the key: ask it with a tool that shows all of it"
)

DAY_S = 24 * 3600


def is_unclear(outcome: Outcome) -> bool:
    """Whether only a run against the recording can tell whose fault it is."""
    named = {one.check for one in outcome.findings if one.severity == "error"}
    if "answer.status" in named and outcome.observation and _left_first(outcome.observation):
        return True
    told = any(check.startswith(SAMPLES) or check in ANSWER_CHECKS for check in named)
    return not told and named != {"answer.expected"}


def _left_first(observation: Observation) -> bool:
    """Whether the sample ended by itself before its last request was answered."""
    answers = observation.answers or ()
    return len(answers) < len(observation.requests) and not observation.exit.ended_for


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
    fails_anyway = recorded is not None and recorded.verdict == "fail"
    if any(check.startswith(SAMPLES) for check in named) or fails_anyway:
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
    if named and (named <= {"answer.expected"} or _says_nothing(outcome, named)):
        remedy = "run it again; if it stays, ask for less in the scenario, or name another model"
        return Diagnosis(cause="answer", evidence=evidence, remedy=remedy)
    if recorded is not None and recorded.verdict == "pass":
        evidence = f"{evidence}; against its recording the sample passes"
        remedy = "look for a newer version of the library, or report it there"
        return Diagnosis(cause="client library", evidence=evidence, remedy=remedy)
    return Diagnosis(cause="sample", evidence=evidence, remedy="mend the sample")


def _says_nothing(outcome: Outcome, named: set[str]) -> bool:
    """Whether there was no text in the answer, of which a sample can make nothing."""
    answers = outcome.observation.answers if outcome.observation else None
    if not answers or "answer.expected" not in named:
        return False
    return not outcome.cell.operation.reply(answers[-1].response).text.strip()


def ends_all(outcome: Outcome) -> bool:
    """Whether what kept the endpoint from answering keeps every other sample from an answer too."""
    if outcome.diagnosis is None or outcome.diagnosis.cause not in ENDPOINTS:
        return False
    bad = _bad(outcome)
    return bad is not None and (
        bad.no_answer in NO_CONNECTION
        or bad.asked_s is not None
        or (not bad.no_answer and bad.response.status in REFUSES_ALL)
        or _says_that_it_is_retired(bad.response, outcome.cell.operation)
    )


def may_be_too_much(outcome: Outcome, *, has_answered: bool) -> bool:
    """Whether an answer broke off as if the endpoint had had too much to do at once.

    Args:
        outcome: Of the run.
        has_answered: Whether it has answered anybody: where nobody listens, nobody is at work.
    """
    found, bad = outcome.diagnosis, _bad(outcome)
    if found is None or found.cause not in {"network", "answer"}:
        return False
    if bad is None:  # it ended too soon, and as if nothing had happened
        answers = outcome.observation.answers if outcome.observation else ()
        return any(one.response.is_stream for one in answers or ())
    if bad.no_answer == "connect":
        return has_answered
    if bad.no_answer or bad.response.ending in {"timed_out", "too_long"}:
        return bad.no_answer in BROKEN
    return outcome.cell.operation.reply(bad.response).kind in {"broken", "cut"}


def _bad(outcome: Outcome) -> Answer | None:
    """The last answer that is none, or an error: those before it were asked for again."""
    answers = (outcome.observation.answers if outcome.observation else None) or ()
    return next((one for one in reversed(answers) if _is_bad(one, outcome.cell.operation)), None)


def _endpoint(outcome: Outcome, evidence: str, target: Target) -> Diagnosis:
    """The cause of an answer that is none, or an error."""
    answer = _bad(outcome)
    endpoint, operation = target.endpoint, outcome.cell.operation
    if answer is None:
        return _unlike(outcome, evidence, target)
    if (
        _says_that_it_is_retired(answer.response, operation)
        or (answer.no_answer and endpoint.retired)
        or answer.no_answer == "moved"
    ):
        remedy = _successor(target, answer.model)
        return Diagnosis(cause="retired or moved", evidence=evidence, remedy=remedy)
    if answer.no_answer == "limits" or answer.asked_s is not None:
        return _limited(answer, evidence)
    if "timed_out" in {answer.no_answer, answer.response.ending}:
        return _slow(outcome, evidence)
    if "too_long" in {answer.no_answer, answer.response.ending}:
        remedy = "name another endpoint or model: no sample of the project needs such an answer"
        return Diagnosis(cause="answer", evidence=evidence, remedy=remedy)
    kind = operation.reply(answer.response).kind
    if kind == "withheld":
        remedy = "ask in other words, or name another model"
        return Diagnosis(cause="answer", evidence=evidence, remedy=remedy)
    if answer.no_answer == "unsearched":
        return Diagnosis(cause="network", evidence=evidence, remedy=UNSEARCHED)
    if answer.no_answer:
        return _network(evidence, target)
    if kind in {"broken", "cut"}:
        remedy = "try again; if it stays, see what the endpoint itself says of it"
        return Diagnosis(cause="network", evidence=evidence, remedy=remedy)
    return _by_status(answer, evidence, target)


def _by_status(answer: Answer, evidence: str, target: Target) -> Diagnosis:
    """The cause that a status tells of (RFC 9110, section 15)."""
    status = answer.response.status
    if _is_page(answer.response) and status not in MOVED:
        return _page(evidence, target)
    cause: Cause = "API shape"
    remedy = "hold the request against the endpoint's reference"
    if status in MOVED:
        cause, remedy = "retired or moved", _successor(target, answer.model)
    elif status in CREDENTIALS:
        cause, remedy = "credentials", _key(target)
    elif status in QUOTA:
        cause, remedy = "quota", "try again later, or choose fewer samples"
    elif status >= SERVER or status in {200, REQUEST_TIMEOUT}:  # a stream fails after its status
        cause, remedy = "network", "try again later; the endpoint is in trouble"
    return Diagnosis(cause=cause, evidence=evidence, remedy=remedy)


def _is_bad(answer: Answer, operation: Operation) -> bool:
    found = answer.response
    if answer.no_answer or found.status >= 300:  # noqa: PLR2004
        return True
    return operation.reply(found).trouble != ""


def _says_that_it_is_retired(response: Response, operation: Operation) -> bool:
    failure = operation.reply(response).failure
    return failure is not None and bool(RETIREMENT.search(failure.code))


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
    reach = f"is {target.endpoint.host} within reach from here, and {target.endpoint.url} the right URL?"
    remedy = start if target.is_local else reach
    return Diagnosis(cause="network", evidence=evidence, remedy=remedy)


def _unlike(outcome: Outcome, evidence: str, target: Target) -> Diagnosis:
    """The cause where nothing is wrong with any answer, and the last is none or not the recorded kind."""
    observation = outcome.observation
    if observation is None or len(observation.answers or ()) < len(observation.requests):
        return _slow(outcome, evidence)
    remedy = (
        f"is {target.endpoint.url} the right URL? If it is, this endpoint does not answer as the "
        "recorded one: choose other samples for it"
    )
    return Diagnosis(cause="network", evidence=evidence, remedy=remedy)


def _slow(outcome: Outcome, evidence: str) -> Diagnosis:
    limit_s = outcome.observation.limit_s if outcome.observation else 0.0
    remedy = (
        f"it was too slow for a sample's {limit_s:g} s, or has stopped: "
        "give it longer with --timeout, or name a quicker model"
    )
    return Diagnosis(cause="network", evidence=evidence, remedy=remedy)


def _limited(answer: Answer, evidence: str) -> Diagnosis:
    remedy = "try again later, or choose fewer samples"
    if answer.asked_s is not None:
        asked = answer.asked_s
        then = time.localtime(time.time() + asked)
        clock = time.strftime("%H:%M:%S" if asked < DAY_S else "%Y-%m-%d %H:%M", then)
        evidence = f"{evidence}; it asks to be left alone for {asked:.0f} s, until {clock}"
        remedy = (
            f"try again after {clock}, or wait longer: --patience is for a whole run, "
            "and --timeout for a sample with all its waiting"
        )
    return Diagnosis(cause="quota", evidence=evidence, remedy=remedy)


def _key(target: Target) -> str:
    name = target.endpoint.token
    if not name:
        return "it wants a key, and the catalogue names no variable that holds one"
    return f"check the key in {name}" if target.key else f"it wants a key: export {name}=…"


def _successor(target: Target, model: str) -> str:
    question = f"is {target.endpoint.url} the right URL, and is there a model {model} there?"
    return target.obituary or question
