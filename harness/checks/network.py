"""The check that a sealed run reaches for nothing but the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model.finding import Finding

if TYPE_CHECKING:
    from harness.checks.check import Evidence
    from harness.model.observation import Attempt


def sealed(evidence: Evidence) -> list[Finding]:
    """`network.sealed`: no attempt to reach another host, another port, or a name server."""
    return [
        Finding(
            check="network.sealed",
            message=f"the sample tries to reach {_named(attempt)}; nothing left the machine",
            expected="the service's host alone, by HTTPS or HTTP",
            received=evidence.hide(_named(attempt)),
        )
        for attempt in evidence.observation.attempts
    ]


def _named(attempt: Attempt) -> str:
    if attempt.kind == "dns":
        return f"{attempt.host} (asked a name server for it)"
    host = f"[{attempt.host}]" if ":" in attempt.host else attempt.host
    place = host if attempt.port is None else f"{host}:{attempt.port}"
    return f"{place} ({attempt.kind.upper()})"
