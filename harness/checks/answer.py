"""Checks of what a live endpoint answers. Against a recording they find nothing: it is what it is."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from harness.checks.check import MOST_READ
from harness.model import jsonvalue
from harness.model.characters import escaped
from harness.model.event_stream import event_data
from harness.model.finding import Finding
from harness.model.redactor import redacted
from harness.model.usable import unmet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.checks.check import Evidence
    from harness.model.finding import Severity
    from harness.model.observation import Answer
    from harness.model.operation import Operation
    from harness.model.recording import Response

Shape = dict[str, set[str]]
"""By path, with `[]` for every index: the types that stand there."""

ANNOUNCING = ("deprecation", "sunset")
"""Headers by which a service says that it will end (RFC 9745, RFC 8594)."""


def status(evidence: Evidence) -> list[Finding] | None:
    """`answer.status`: every request is answered, as the recording says, to the end."""
    answers = evidence.observation.answers
    if answers is None:
        return []
    findings = []
    if len(answers) < len(evidence.observation.requests):
        ended = "'s time was up" if evidence.observation.exit.ended_for else " ended"
        message = f"the endpoint had not answered when the sample{ended}"
        findings.append(_status(message, "an answer", None))
    for number, answer in enumerate(answers):
        # However often a client asks again, what it is told in the end is what counts.
        if number + 1 not in evidence.repeats:
            findings += _wrong(evidence, answer)
        findings += _announced(answer.response)
    return findings


def _wrong(evidence: Evidence, answer: Answer) -> list[Finding]:
    operation, got = evidence.cell.operation, answer.response
    reply, due = operation.reply(got), evidence.due
    if answer.no_answer == "not_sent":
        return []  # the sample asked for what is none of its business: `request.endpoint` or `.count`
    if answer.no_answer:
        return [_status(answer.why, "an answer", answer.no_answer)]
    wanted = evidence.exchanges[-1].response.status
    expected = wanted if got.status != wanted else due.trouble or "a whole answer"
    if reply.kind == "cut" and not answer.read:
        return []  # the sample did not wait for the rest
    if got.status == wanted and reply.kind == due.kind:
        return []
    if reply.trouble:
        received = got.status if got.status != wanted else reply.kind
        return [_status(reply.trouble, expected, received)]
    message = f"the endpoint answered {got.status} {got.reason}".rstrip()
    said = redacted(got.body[:MOST_READ].decode("utf-8", "replace").strip())[:200]
    if got.status == wanted:
        message = "the endpoint gave an answer, where the recorded one failed"
    return [_status(f"{message}: {said}" if said else message, expected, got.status)]


def _status(message: str, expected: Any, received: Any) -> Finding:
    return Finding(check="answer.status", message=message, expected=expected, received=received)


def _announced(response: Response) -> list[Finding]:
    return [
        Finding(
            check="answer.status",
            severity="warning",
            message=f"the endpoint says that it will end: {name}: {value}",
            expected=None,
            received=value,
        )
        for name, value in response.headers
        if name.lower() in ANNOUNCING
    ]


def shape(evidence: Evidence) -> list[Finding] | None:
    """`answer.shape`: what a reader's code relies on is there, and of the recorded type."""
    if not evidence.live or not evidence.exchanges:
        return []
    findings = []
    recorded, got = evidence.exchanges[-1].response.plain, evidence.last
    if got.media_type != recorded.media_type:
        message = "the answer is of another media type"
        return [_shape(message, recorded.media_type, got.media_type)]
    vital = _vital(evidence)
    due = shape_of(recorded, evidence.cell.operation)
    there = shape_of(got, evidence.cell.operation)
    if not there:
        return [_shape(f"the answer is not {recorded.media_type} that can be read", due, None)]
    for path, kinds in due.items():
        if path not in there:
            severity: Severity = "error" if path in vital else "note"
            if severity == "error" or _parent(path) in there:
                message = f"the answer has no {path}"
                findings.append(_shape(message, sorted(kinds), None, severity))
        elif not _fits(kinds, there[path]):
            message = f"{path} is of another type"
            findings.append(_shape(message, sorted(kinds), sorted(there[path])))
    findings += [
        _shape(f"the answer has {path}, which the recording has not", None, sorted(kinds), "note")
        for path, kinds in there.items()
        if path not in due and _parent(path) in due
    ]
    return findings


def _shape(message: str, expected: Any, received: Any, severity: Severity = "error") -> Finding:
    if isinstance(expected, dict):
        expected = {path: sorted(kinds) for path, kinds in expected.items()}
    return Finding(
        check="answer.shape",
        severity=severity,
        message=message,
        expected=expected,
        received=received,
    )


def _vital(evidence: Evidence) -> list[str]:
    """The path to the answer's text, and all on the way to it."""
    rule = evidence.cell.operation.answer
    paths = ["$"]
    for step in jsonvalue.steps(rule.event if evidence.last.is_stream else rule.response):
        paths.append(paths[-1] + ("[]" if isinstance(step, int) else f".{step}"))
    return paths


def _parent(path: str) -> str:
    return path[:-2] if path.endswith("[]") else path.rpartition(".")[0]


def _fits(due: set[str], there: set[str]) -> bool:
    """Whether types agree; `null` stands for any, since a field may have nothing to say."""
    return not (there - {"null"}) or not (due - {"null"}) or bool((due & there) - {"null"})


def shape_of(response: Response, operation: Operation) -> Shape:
    """The shape of a response: of its body, or of all events of its stream together."""
    found: Shape = defaultdict(set)
    for value in _values(response, operation):
        _walk(value, "$", found)
    return dict(found)


def _values(response: Response, operation: Operation) -> Iterable[Any]:
    texts = event_data(response.body) if response.is_stream else [response.body]
    for text in texts:
        if operation.answer.done and text == operation.answer.done:
            return
        try:
            yield jsonvalue.parse(text)
        except ValueError:
            continue


def _walk(value: Any, path: str, found: Shape) -> None:
    found[path].add(_kind(value))
    if isinstance(value, dict):
        for name, item in value.items():
            _walk(item, f"{path}.{escaped(name)}", found)
    elif isinstance(value, list):
        for item in value:
            _walk(item, f"{path}[]", found)


def _kind(value: Any) -> str:
    names: Mapping[type, str] = jsonvalue.type_names
    return names.get(type(value), "number")


def expected(evidence: Evidence) -> list[Finding] | None:
    """`answer.expected`: the answer is what the scenario asks for, whatever its wording."""
    if not evidence.live or evidence.reply.kind != "answer":
        return []
    if evidence.left_early:
        return None  # the text is not all there is, which `output.text` tells
    expect = evidence.cell.scenario.expect
    return [
        Finding(
            check="answer.expected",
            message=message,
            expected=wanted,
            received=evidence.answer,
        )
        for message, wanted in unmet(evidence.reply, expect)
    ]


def wording(evidence: Evidence) -> list[Finding] | None:
    """`answer.wording`: told, and no fault: another answer than the recorded one."""
    if not evidence.live or not evidence.exchanges or evidence.fails:
        return []
    text = evidence.due.text
    if text == evidence.answer:
        return []
    return [
        Finding(
            check="answer.wording",
            severity="note",
            message="the answer is worded differently from the recorded one",
            expected=text,
            received=evidence.answer,
        )
    ]
