"""The check that a sample keeps the reader's token to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from harness.model.finding import Finding
from harness.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.checks.check import Evidence
    from harness.model.observation import SeenConnection, SeenRequest


def kept(evidence: Evidence) -> list[Finding]:
    """`secret.kept`: the token is nowhere but in the credential headers of requests.

    Not in the output, not in any other part of a request, nor in what is sent beside requests.
    """
    observation = evidence.observation
    places = [("on the terminal", observation.stdout), ("on standard error", observation.stderr)]
    credentials = {credential.header.lower() for credential in evidence.cell.operation.credentials}
    for request in observation.requests:
        places += _places(request, credentials)
    for attempt in observation.attempts:
        places.append((f"in what is asked of {attempt.kind}", attempt.host.encode()))
    for command in observation.exit.left_behind:
        places.append(("in the arguments of a command", command.encode("utf-8", "replace")))
    secret = Secret(observation.canary.encode())
    found = [place for place, data in places if secret.is_in(data)]
    for connection in observation.connections:
        found += [f"{place}{_to(connection)}" for place in connection.leaks]
    return [
        Finding(
            check="secret.kept",
            message=evidence.hide(f"the token shows {place}"),
            expected="the token in the credential headers alone",
            received=evidence.hide(place),
        )
        for place in dict.fromkeys(found)
    ]


def _places(request: SeenRequest, credentials: set[str]) -> Iterator[tuple[str, bytes]]:
    yield "in the request's method", request.method.encode()
    yield "in the request's URL", unquote_to_bytes(f"{request.host}{request.target}")
    yield "in the request's body", request.body
    for name, value in request.headers:
        if name.lower() not in credentials:
            yield f"in the header {name}", f"{name}: {value}".encode()


def _to(connection: SeenConnection) -> str:
    return f", to {connection.place}" if connection.host else ""
