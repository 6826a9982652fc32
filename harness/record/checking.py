"""Everything that a look at a project's recordings can find wrong with them; nothing is run."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from harness.model import files
from harness.model.loader import read
from harness.model.problem import Problem
from harness.record.scan import beside, suspects, told_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.model.loader import Loaded, Place
    from harness.model.operation import Operation
    from harness.model.project import Project
    from harness.model.recording import Recording, Response
    from harness.model.retry import Retry
    from harness.record.rules import Rules
    from harness.record.scan import Suspect

FOLDER = "samples/recordings"

MEND = (
    "replace it there, and in the exchange's sha256 what follows from it; to have it done, add a "
    "sanitizer to samples/sanitizers.yaml and record anew; if it is none, say so there, under 'allow'"
)


def check(root: Path, project: Project, rules: Rules) -> list[Problem]:
    """What is wrong with a project's recordings.

    Args:
        root: The project's root.
        project: The project.
        rules: What no recording may hold.
    """
    found = [problem for problems in project.damaged.values() for problem in problems]
    for name in files.listed(root / FOLDER, root, ".yaml"):
        stem = name.removesuffix(".yaml")
        if stem not in project.scenarios:
            hint = f"remove it, or add samples/scenarios/{stem}.yaml"
            file = f"{FOLDER}/{name}"
            found.append(
                Problem(file=file, message="this recording answers no scenario", hint=hint)
            )
    retries = [client.retry for client in project.clients.values()]
    for name, recording in {**project.recordings, **project.unusable}.items():
        loaded = read(root / recording.file, recording.file, found)
        if loaded is not None:
            operation = project.operations[project.scenarios[name].operation]
            found += _of(recording, loaded, operation, rules, retries)
    return sorted(found)


def _of(
    recording: Recording,
    loaded: Loaded,
    operation: Operation,
    rules: Rules,
    retries: Sequence[Retry],
) -> Iterator[Problem]:
    over = False
    found: list[tuple[Place, Suspect]] = [(one.place, one) for one in beside(recording, rules)]
    for index, exchange in enumerate(recording.exchanges):
        place: Place = ("exchanges", index)
        for name in ("method", "path"):
            wanted, is_now = getattr(operation, name), getattr(exchange, name)
            if wanted != is_now:
                message = f"no sample can ask for this: expected {wanted}; received {is_now}"
                yield loaded.problem((*place, "request", name), message)
        if over:
            message = "this exchange is never used: no client asks again after the one before it"
            yield loaded.problem(place, message, "remove it")
        response = exchange.response
        over = response.ending == "complete" and not any(one.after(response) for one in retries)
        for one in suspects(response, rules):
            found.append(((*place, "response", *_line(loaded, index, response, one)), one))
    for where, message in told_once(found):
        yield loaded.problem(where, message, MEND)


def _line(loaded: Loaded, index: int, response: Response, suspect: Suspect) -> Place:
    """Where in the file a suspect begins: of a body in pieces, in which."""
    if suspect.place != ("body",):
        return suspect.place
    body: dict[str, Any] = loaded.data["exchanges"][index]["response"]["body"]
    end = b"\n\n" if "events" in body else b""
    listed = body.get("events") or body.get("pieces")
    if not listed or response.coding:
        return ("body",)
    ends = accumulate(len(piece.encode() + end) for piece in listed)
    number = next((at for at, stop in enumerate(ends) if suspect.offset < stop), len(listed) - 1)
    return ("body", "events" if end else "pieces", number)
