"""The check that a sample keeps the reader's token to itself."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from harness.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.checks.check import Evidence
    from harness.model.observation import SeenRequest


def kept(evidence: Evidence) -> list[Finding]:
    """`secret.kept`: the token is nowhere in the output, nor in any other part of a request."""
    observation = evidence.observation
    places = [("on the terminal", observation.stdout), ("on standard error", observation.stderr)]
    credentials = {credential.header.lower() for credential in evidence.cell.operation.credentials}
    for request in observation.requests:
        places += _places(request, credentials)
    canary = observation.canary.encode()
    return [
        Finding(
            check="secret.kept",
            message=f"the token shows {place}",
            expected="the token in the credential headers alone",
            received=place,
        )
        for place, data in places
        if any(form in data for form in forms(canary))
    ]


def _places(request: SeenRequest, credentials: set[str]) -> Iterator[tuple[str, bytes]]:
    yield "in the request's URL", unquote_to_bytes(f"{request.host}{request.target}")
    yield "in the request's body", request.body
    for name, value in request.headers:
        if name.lower() not in credentials:
            yield f"in the header {name}", f"{name}: {value}".encode()


def forms(secret: bytes) -> list[bytes]:
    """A secret as it is, and in base64 wherever it may begin in a longer text."""
    encoded = [base64.b64encode(b"\0" * shift + secret) for shift in range(3)]
    # The first and last characters depend on what stands around the secret.
    return [secret, *(text[4 if shift else 0 : -4] for shift, text in enumerate(encoded))]
