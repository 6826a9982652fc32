"""Checks of how a run ends, and of what a reader sees: exit status, answer, errors, streaming."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from harness.checks.check import Unjudged, lines_of
from harness.checks.telling import due, tells
from harness.model import jsonvalue
from harness.model.finding import Finding
from harness.model.redactor import redacted
from harness.model.reply import ERROR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.checks.check import Evidence

CONTEXT = 30
"""Characters of a line that are shown before the first that is another."""


def exit_status(evidence: Evidence) -> list[Finding] | None:
    """`exit.status`: 0 after an answer, anything else after an error, nothing left running."""
    observation = evidence.observation
    ended = observation.exit
    expected = "an exit status other than 0" if evidence.fails else "exit status 0"
    if ended.ended_for == "time":
        message = f"still running after {observation.limit_s:g} s; ended with everything it started"
        return [_exit(message, expected, "no end")]
    if ended.ended_for == "output":
        message = "its output had no end; ended with everything it started"
        return [_exit(message, expected, "no end")]
    if ended.ended_for == "memory":
        message = "its processes held too much memory; ended with everything it started"
        return [_exit(message, expected, "no end")]
    if any(request.miss for request in observation.requests):
        return None  # it was not given the recorded answer
    findings = []
    if evidence.ended_badly:
        cause = evidence.reply.trouble if evidence.fails else evidence.crash
        message = f"the sample ended with {ended}" + (f": {cause}" if cause else "")
        findings.append(_exit(message, expected, str(ended)))
    if ended.left_behind:
        left = [evidence.hide(command) for command in ended.left_behind]
        message = f"still running after the sample had ended: {'; '.join(left)}"
        findings.append(_exit(message, "nothing left running", left))
    return findings


def _exit(message: str, expected: str, received: object) -> Finding:
    return Finding(check="exit.status", message=message, expected=expected, received=received)


def stream_incremental(evidence: Evidence) -> list[Finding] | Unjudged:
    """`stream.incremental`: what has come is shown before more is sent."""
    gates, shown = evidence.observation.gates, evidence.observation.stdout
    for gate in gates:
        # What never comes to the terminal is another fault, which `output.text` tells.
        if not gate.opened and (gate.text.encode() in shown or evidence.reply.kind != "answer"):
            return [
                Finding(
                    check="stream.incremental",
                    message="the sample holds its output back: this was sent, and not shown before the rest came",
                    expected=gate.text,
                    received=None,
                )
            ]
    if evidence.cell.scenario.stream and not gates and evidence.reply.kind == "answer":
        return Unjudged(
            reason="the answer came in one piece, which does not tell whether it is shown as it comes"
        )
    return []


def output_text(evidence: Evidence) -> list[Finding]:
    """`output.text`: what the recording says, and nothing else."""
    shown = evidence.observation.stdout.decode("utf-8", "replace")
    expected, right = _judged(evidence, shown)
    if not right:
        message = _text_message(expected, shown)
    elif evidence.left_early:
        message, expected = "the sample left before all of the answer had come", "the whole answer"
    else:
        return []
    return [
        Finding(
            check="output.text",
            message=message,
            expected=expected,
            received=evidence.hide(shown),
        )
    ]


def _same_text(expected: str, shown: str) -> bool:
    """Whether a text is shown, then a newline; white space at the text's own end may be left out."""
    text = shown.removesuffix("\n")
    whole = text.rstrip() == expected.rstrip() and expected.startswith(text)
    return whole and shown.endswith("\n")


def _judged(evidence: Evidence, shown: str) -> tuple[str, bool]:
    """What is due on the terminal, and whether it is there."""
    reply = evidence.reply
    if evidence.shows_body:
        body = evidence.last.body.decode("utf-8", "replace")
        partly = reply.interrupted and body.startswith(shown)
        return body, partly or _same_body(body, shown)
    if not evidence.fails:
        return reply.text, any(_same_text(text, shown) for text in reply.spellings)
    # What had come until then, if anything had.
    due = reply.text if evidence.last.status < ERROR else ""
    texts = {text.strip() for text in reply.spellings} if due else {""}
    if reply.interrupted:  # nobody knows how much of it arrived
        return due, any(text.startswith(shown.strip()) for text in texts)
    if not evidence.last.is_stream:  # nothing needs be shown of an answer that is none
        texts.add("")
    return due, shown.strip() in texts


def _same_body(expected: str, shown: str) -> bool:
    if shown.rstrip() == expected.rstrip():
        return True
    try:
        differences = jsonvalue.differences(jsonvalue.parse(expected), jsonvalue.parse(shown))
        return not any(differences)
    except ValueError:
        return False


def _text_message(expected: str, shown: str) -> str:
    if not expected:
        return "the terminal shows something where nothing is due"
    if not shown.strip():
        return "the terminal shows nothing"
    if shown.rstrip() == expected.rstrip():
        added = (
            "has blank lines after the answer"
            if shown.endswith("\n")
            else "has no newline at its end"
        )
        return f"the output {added}"
    due, there = expected.split("\n"), shown.rstrip("\n").split("\n")
    same = _alike(due, there)
    if same == len(there):
        return f"the terminal shows no more than the first {same} lines"
    alike = _alike(due[same], there[same]) if same < len(due) else 0
    line = redacted(there[same])
    begin = max(0, alike - CONTEXT) if line == there[same] else 0
    shows = ("…" if begin else "") + line[begin : begin + 60]
    return f"the terminal shows another text, from line {same + 1} on: {shows!r}"


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines, or characters, are the same in both from the beginning on."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def output_stderr(evidence: Evidence) -> list[Finding] | None:
    """`output.stderr`: nothing after an answer; after an error its code and message, in one line."""
    said = evidence.observation.stderr.decode("utf-8", "replace")
    lines = lines_of(evidence.observation.stderr)
    if not evidence.fails:
        # That the rest of an answer was withheld may be said.
        if len(lines) <= (evidence.reply.kind == "withheld"):
            return []
        return [_stderr("standard error must be empty", "nothing", evidence.hide(said))]
    reply, status = evidence.reply, evidence.last.status
    if reply.failure is None:
        # Of a connection that broke, libraries may say something themselves: but not where in the
        # code that was.
        plain = not any(line[0].isspace() for line in lines) if reply.interrupted else None
        if plain or len(lines) == 1:
            return []
        message = "standard error must say in one line that there is no whole answer"
        return [_stderr(message, reply.trouble, evidence.hide(said))]
    if evidence.shows_body:
        return []  # the error is in the body, which `output.text` judges
    if len(lines) == 1 and tells(lines[0], reply.failure, status):
        return []
    return [
        _stderr(
            "standard error must show the service's code and message in one line",
            f"one line with {due(reply.failure, status)}",
            evidence.hide(said),
        )
    ]


def _stderr(message: str, expected: str, received: str) -> Finding:
    return Finding(check="output.stderr", message=message, expected=expected, received=received)
