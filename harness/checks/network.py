"""The check that a run reaches for nothing but the service, and that all it did was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.checks.check import Evidence
    from harness.model.observation import Attempt, SeenConnection

SHOWN = 60
"""Stray bytes that a finding shows."""


def sealed(evidence: Evidence) -> list[Finding]:
    """`network.sealed`: nothing but whole requests goes anywhere, and nobody else is reached for.

    In a sealed run no attempt to reach another host, another port, or a name server is made either.
    A connection to the service that carries nothing is none: clients open some in advance.
    """
    observation = evidence.observation
    findings = [
        _finding(evidence, f"the sample tries to reach {_named(attempt)}", _named(attempt))
        for attempt in observation.attempts
    ]
    for connection in observation.connections:
        findings += _odd(evidence, connection)
    if observation.unwatched:
        message = f"the run could not be watched whole: {observation.unwatched}"
        expected = "a run of which everything is seen"
        findings.append(
            Finding(
                check="network.sealed",
                message=message,
                expected=expected,
                received=observation.unwatched,
            )
        )
    return findings


def _odd(evidence: Evidence, connection: SeenConnection) -> Iterator[Finding]:
    """What is wrong about a connection beside the whole requests that came over it."""
    wanted = evidence.cell.endpoint
    named = connection.host != ""
    to = f" to {connection.place}" if named else ""
    ours = not named or (connection.host.lower(), connection.port) == (wanted.host, wanted.port)
    if connection.stray:
        # A sample that was ended had no time to finish what it sent.
        if ours and evidence.observation.exit.ended_for and not connection.leaks:
            return
        begin = f"{connection.first[:SHOWN]!r}"
        why = f" ({connection.refused})" if connection.refused else ""
        message = f"the sample sends {connection.stray} bytes{to} that are no whole request{why}"
        yield _finding(evidence, message, f"{connection.stray} bytes{to}, beginning with {begin}")
    elif not connection.used and (not ours or (connection.refused and not named)):
        what = f"opens a connection{to} and sends no whole request over it"
        why = f" ({connection.refused})" if connection.refused else ""
        yield _finding(evidence, f"the sample {what}{why}", f"a connection{to}")


def _finding(evidence: Evidence, message: str, received: str) -> Finding:
    return Finding(
        check="network.sealed",
        message=f"{evidence.hide(message)}; nothing left the machine",
        expected="the service's host alone, by HTTPS or HTTP",
        received=evidence.hide(received),
    )


def _named(attempt: Attempt) -> str:
    if attempt.kind == "dns":
        return f"{attempt.host} (asked a name server for it)"
    host = f"[{attempt.host}]" if ":" in attempt.host else attempt.host
    place = host if attempt.port is None else f"{host}:{attempt.port}"
    return f"{place} ({attempt.kind.upper()})"
