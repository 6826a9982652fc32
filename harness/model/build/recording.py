"""A recording, from its file."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from harness.model.loader import load
from harness.model.recording import (
    ChunkMark,
    Exchange,
    Provenance,
    Recording,
    Response,
    checksum,
    likely_chunks,
    likely_framing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.model.loader import Loaded
    from harness.model.problem import Problem

UNKNOWN = "unknown"
"""In place of a framing, or of chunks, that nobody noted."""


def recording(path: Path, name: str, problems: list[Problem]) -> Recording | None:
    """A recording, from its file; its checksums are held against its bytes."""
    before = len(problems)
    loaded = load(path, name, "recording", problems)
    if loaded is None or len(problems) > before:
        return None
    if loaded.data["scenario"] != path.stem:
        problems.append(
            loaded.problem(
                ("scenario",),
                f'expected "{path.stem}", as the file is named; received "{loaded.data["scenario"]}"',
            )
        )
    exchanges = tuple(
        Exchange(
            method=entry["request"]["method"],
            path=entry["request"]["path"],
            response=_response(
                loaded, ("exchanges", index, "response"), entry["response"], problems
            ),
        )
        for index, entry in enumerate(loaded.data["exchanges"])
    )
    if len(problems) > before:
        return None
    return Recording(
        scenario=path.stem,
        file=name,
        provenance=Provenance(**loaded.data["provenance"]),
        exchanges=exchanges,
    )


def _response(
    loaded: Loaded, place: tuple[str | int, ...], data: dict[str, Any], problems: list[Problem]
) -> Response:
    try:
        body = _body(data["body"])
    except (binascii.Error, ValueError) as error:
        problems.append(loaded.problem((*place, "body"), f"expected base64: {error}"))
        body = b""
    headers = tuple((name, value) for name, value in data["headers"])
    listed = data.get("chunks", [[len(body), 0]])
    known = listed != UNKNOWN
    if known:
        marks = tuple(ChunkMark(size=int(size), after_ms=float(gap)) for size, gap in listed)
    else:
        marks = likely_chunks(headers, body)
    total = sum(mark.size for mark in marks)
    if total != len(body):
        problems.append(
            loaded.problem(
                (*place, "chunks"),
                f"expected sizes that add up to the body's {len(body)} bytes; received {total}",
            )
        )
    problems.extend(_contradictions(loaded, place, data, len(body)))
    found = checksum(body)
    if "sha256" not in data:
        problems.append(
            loaded.problem(place, "the key 'sha256' is missing", f"for this body it is {found}")
        )
    elif found != data["sha256"]:
        problems.append(
            loaded.problem(
                (*place, "sha256"),
                f"this recording is damaged: expected {data['sha256']}; received {found}",
                f"restore it, for example with: git checkout -- {loaded.file}\n"
                "  or, if you changed the body yourself, write here what was received",
            )
        )
    return Response(
        status=data["status"],
        reason=data["reason"],
        headers=headers,
        framing=likely_framing(headers) if data["framing"] == UNKNOWN else data["framing"],
        framing_known=data["framing"] != UNKNOWN,
        length=data.get("length"),
        body=body,
        chunks=marks,
        chunks_known=known,
        trailers=tuple((name, value) for name, value in data.get("trailers", [])),
        ending=data["ending"],
    )


def _contradictions(
    loaded: Loaded, place: tuple[str | int, ...], data: dict[str, Any], size: int
) -> Iterator[Problem]:
    """What no server could have sent."""
    whole = data["ending"] in {"complete", "cut"}
    if "length" in data and (whole or data["framing"] != "length" or data["length"] <= size):
        message = f"expected more than the {size} bytes of a body that broke off, or no such key"
        yield loaded.problem((*place, "length"), message)
    if data.get("trailers") and not (whole and data["framing"] == "chunked"):
        message = "only a chunked body that is complete can have trailers"
        yield loaded.problem((*place, "trailers"), message)


def _body(data: dict[str, Any]) -> bytes:
    if "events" in data:
        return "".join(f"{event}\n\n" for event in data["events"]).encode()
    if "text" in data:
        return str(data["text"]).encode()
    if "pieces" in data:
        return "".join(data["pieces"]).encode()
    return base64.b64decode("".join(data["base64"].split()), validate=True)
