"""What was sent, field by field, so that two requests can be compared: spelling and order aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model import jsonvalue

if TYPE_CHECKING:
    from harness.model.observation import SeenRequest


def fields(sent: SeenRequest) -> dict[str, str]:
    """By name: method, URL, media type, each query parameter, and each place of the body."""
    kinds = [value.partition(";")[0].strip().lower() for value in sent.values("content-type")]
    found = {
        "method": sent.method,
        "url": f"{sent.scheme}://{sent.host}:{sent.port}{sent.path}",
        "content-type": ", ".join(kinds),
    }
    for name, value in sent.query:
        before = found.get(f"query {name}")
        found[f"query {name}"] = value if before is None else f"{before}, {value}"
    try:
        found |= jsonvalue.leaves(jsonvalue.parse(sent.body))
    except ValueError:
        found["$"] = sent.body.decode("utf-8", "replace")
    return found
