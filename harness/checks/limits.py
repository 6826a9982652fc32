"""The check that a run sends no more than can be taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model.finding import Finding

if TYPE_CHECKING:
    from harness.checks.check import Evidence


def kept(evidence: Evidence) -> list[Finding]:
    """`run.limits`: a run makes no more requests, connections and bytes than any sample needs.

    One that does is ended; what it sent until then is judged no further.
    """
    over = evidence.observation.over
    if not over:
        return []
    message = f"the sample sends more than {over}; ended with everything it started"
    return [
        Finding(
            check="run.limits",
            message=message,
            expected=f"at most {over}",
            received=f"more than {over}",
        )
    ]
