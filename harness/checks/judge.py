"""From evidence to a verdict: every check in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from harness.checks import answer, limits, network, outcome, request, secret, text
from harness.checks.check import ANSWER_CHECKS, REQUEST_CHECKS, Check, Evidence, Unjudged
from harness.model.finding import Finding, Verdict
from harness.model.problem import HarnessError
from harness.model.redactor import redacted, redacted_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.cell import Cell
    from harness.model.observation import Observation

CHECKS = (
    Check(id="run.limits", judge=limits.kept),
    Check(id="network.sealed", judge=network.sealed),
    Check(id="request.count", after=("run.limits", "network.sealed"), judge=request.count),
    Check(id="request.endpoint", after=("request.count",), judge=request.endpoint),
    Check(id="request.headers", after=("request.count",), judge=request.headers),
    Check(id="request.auth", after=("request.count",), judge=request.auth),
    Check(id="request.body", after=("request.count",), judge=request.body),
    Check(id="request.retry", after=("request.count",), judge=request.retry),
    Check(id="secret.kept", judge=secret.kept),
    Check(id="answer.status", live=True, after=REQUEST_CHECKS, judge=answer.status),
    Check(id="answer.shape", live=True, after=("answer.status",), judge=answer.shape),
    Check(id="answer.expected", live=True, after=("answer.shape",), judge=answer.expected),
    Check(
        id="exit.status",
        unless=("run.limits", "network.sealed", "request.count", *ANSWER_CHECKS),
        judge=outcome.exit_status,
    ),
    Check(
        id="stream.incremental",
        after=(*REQUEST_CHECKS, "exit.status"),
        judge=outcome.stream_incremental,
    ),
    Check(
        id="output.stderr",
        after=(*REQUEST_CHECKS, "exit.status", "secret.kept"),
        judge=outcome.output_stderr,
    ),
    Check(
        id="output.text",
        after=(*REQUEST_CHECKS, "exit.status", "secret.kept", "stream.incremental"),
        judge=outcome.output_text,
    ),
    Check(id="answer.wording", live=True, after=("answer.expected",), judge=answer.wording),
)

MOST = 20
"""Findings of one check that are kept."""
MOST_TEXT = 20_000
"""Characters of each text in a finding that are kept."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks say of one run."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    not_evaluated: tuple[str, ...]
    """Checks that could not be judged: an earlier one failed, or there was nothing to judge by."""
    unjudged: str = ""
    """Why there is no verdict, where nothing failed and yet not everything could be judged."""


def judge(cell: Cell, observation: Observation) -> Judgement:
    """Hold a run against every check, and then ask `sample.text` whether it explains what they found.

    Raises:
        HarnessError: The gateway refused a request in which no check sees a fault.
    """
    evidence = Evidence(cell=cell, observation=observation)
    judged = _judged(evidence)
    live = {check.id for check in CHECKS if check.live}
    if all(one.severity != "error" or one.check in live for one in judged.findings):
        return judged
    unread = text.readable(evidence)
    if not unread:
        return judged
    # Whatever else there is to see, an interpreter did that did not read what is written there.
    others = tuple(check.id for check in CHECKS if evidence.live or not check.live)
    return Judgement(verdict="fail", findings=tuple(unread), not_evaluated=others)


def _judged(evidence: Evidence) -> Judgement:
    """What the checks say, one after the other."""
    observation = evidence.observation
    findings: list[Finding] = []
    faulty: set[str] = set()
    not_evaluated: list[str] = []
    reasons: list[str] = []
    for check in CHECKS:
        if check.live and not evidence.live:
            continue
        found: list[Finding] | Unjudged | None = None
        if faulty.isdisjoint(check.unless) and not {*faulty, *not_evaluated} & {*check.after}:
            found = check.judge(evidence)
        if isinstance(found, Unjudged):
            reasons.append(f"{check.id}: {found.reason}")
        if found is None or isinstance(found, Unjudged):
            not_evaluated.append(check.id)
            continue
        findings += _bounded(found)
        if any(finding.severity == "error" for finding in found):
            faulty.add(check.id)
    misses = [request.miss for request in observation.requests if request.miss]
    failed = any(finding.severity == "error" for finding in findings)
    if misses and not failed:
        raise HarnessError(
            f"the gateway refused a request that every check allows: {misses[0]}",
            "please report this",
        )
    unjudged = "" if failed else "; ".join(reasons or not_evaluated)
    return Judgement(
        verdict="fail" if failed else "error" if unjudged else "pass",
        findings=tuple(findings),
        not_evaluated=tuple(not_evaluated),
        unjudged=unjudged,
    )


def _bounded(found: Sequence[Finding]) -> list[Finding]:
    """What a check found: the first few, with how many more there are, and the beginning of long texts.

    What a sample does decides how many there are, and how long.
    """
    kept = [
        msgspec.structs.replace(
            one,
            message=_cut(redacted(one.message)),
            expected=_cut(redacted_value(one.expected)),
            received=_cut(redacted_value(one.received)),
        )
        for one in found[:MOST]
    ]
    if rest := found[MOST:]:
        worst = next((one for one in rest if one.severity == "error"), rest[0])
        message = f"and {len(rest):,} more of this kind"
        kept.append(Finding(check=worst.check, severity=worst.severity, message=message))
    return kept


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_TEXT:
        return f"{value[:MOST_TEXT]}… and {len(value) - MOST_TEXT:,} more characters"
    if isinstance(value, list) and len(value) > MOST:
        return [*map(_cut, value[:MOST]), f"and {len(value) - MOST:,} more"]
    return [_cut(one) for one in value] if isinstance(value, list) else value
