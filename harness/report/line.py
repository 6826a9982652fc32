"""The lines of a report. What differs from run to run stands under `run`, and nowhere else."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import msgspec

import harness
from harness.model import jsonvalue
from harness.model.redactor import redacted_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model.catalog import Endpoint
    from harness.model.finding import Finding
    from harness.model.observation import Observation, SeenRequest
    from harness.outcome import Outcome, Parity
    from harness.report.shard import Shard

FORMAT = 1

LONE = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair."""

BIGGEST = 2**63
"""Integers from here on are out of range for many readers of JSON."""

MOST_DEPTH = 200
"""Lists and objects in one another, in a line."""

Line = dict[str, Any]


def header(
    cells: int,
    toolchains: Mapping[str, Mapping[str, str]],
    unsealed: str,
    shard: Shard | None = None,
    endpoint: Endpoint | None = None,
    *,
    newest: bool = False,
) -> Line:
    """The first line: what was run, and with what.

    Args:
        cells: How many.
        toolchains: By client: what it runs with, and its version.
        unsealed: Why runs were not sealed; empty if they were.
        shard: Which part of a whole run it is.
        endpoint: What answered, if not recordings.
        newest: Whether samples ran with the newest packages, not with those that are pinned.
    """
    # `platform` knows more, but starts a process to find it out.
    system = os.uname()
    live = {"endpoint": {"name": endpoint.name, "url": endpoint.url}} if endpoint else {}
    return {
        "type": "report",
        "format": FORMAT,
        "mode": "live" if endpoint else "replay",
        **live,
        "cells": cells,
        **({"packages": "newest"} if newest else {}),
        "toolchains": {client: dict(toolchains[client]) for client in sorted(toolchains)},
        "run": {
            "started": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "sampleproof": harness.__version__,
            "python": sys.version.partition(" ")[0],
            "platform": f"{system.sysname}-{system.release}-{system.machine}",
            "sealed": not unsealed,
            "unsealed_because": unsealed or None,
            **({"shard": shard.line()} if shard else {}),
        },
    }


def cell(outcome: Outcome, basis: Mapping[str, str]) -> Line:
    """One cell's line.

    Args:
        outcome: What came of it.
        basis: By path: the checksum of each file, besides the sample, that the verdict rests on.
    """
    about = outcome.cell
    line: Line = {
        "type": "cell",
        "id": about.id,
        "client": about.client.name,
        "scenario": about.scenario.name,
        "model": about.model,
        "sample": {"path": about.path, "sha256": outcome.sha256},
        "basis": dict(basis),
        "verdict": outcome.verdict,
        "findings": [finding(one) for one in outcome.findings],
        "not_evaluated": list(outcome.not_evaluated),
        "run": {},
    }
    if about.recording is not None:
        line["recording"] = {
            "path": about.recording.file,
            "provenance": about.recording.provenance.how,
            "sha256": [one.response.sha256 for one in about.recording.exchanges],
        }
    if outcome.fault is not None:
        line["fault"] = {"message": outcome.fault.message, "remedy": outcome.fault.remedy}
    if (found := outcome.diagnosis) is not None:
        line["diagnosis"] = msgspec.structs.asdict(found)
    if outcome.observation is not None:
        line |= _observed(outcome.observation)
    if outcome.cached:
        line["run"]["cached"] = True
    return line


def _observed(observation: Observation) -> Line:
    canary = observation.canary
    ended = observation.exit
    return {
        "requests": [_request(one, canary) for one in observation.requests],
        "output": _bytes(observation.stdout, canary),
        "stderr": _bytes(observation.stderr, canary),
        **({"cut": list(observation.cut)} if observation.cut else {}),
        "exit": {
            "code": ended.code,
            "signal": ended.signal,
            "ended_for": ended.ended_for or None,
            "left_behind": [one.replace(canary, "{token}") for one in ended.left_behind],
        },
        "run": {
            "duration_ms": round(observation.duration_ms, 1),
            "arrived_ms": [
                round((one.at_s - observation.requests[0].at_s) * 1000, 1)
                for one in observation.requests
            ],
            "headers": [
                [[name, value.replace(canary, "{token}")] for name, value in one.headers]
                for one in observation.requests
            ],
            **({} if observation.answers is None else {"answers": _answers(observation)}),
        },
    }


def _answers(observation: Observation) -> list[Line]:
    return [
        {
            "status": one.response.status,
            "model": one.model,
            "ending": one.response.ending,
            "no_answer": one.no_answer or None,
            "waited_s": list(one.waited_s),
            "asked_s": one.asked_s,
        }
        for one in observation.answers or ()
    ]


def _request(request: SeenRequest, canary: str) -> Line:
    url = f"{request.scheme}://{request.host}:{request.port}{request.target}"
    line: Line = {"method": request.method, "url": url.replace(canary, "{token}")}
    try:
        body = jsonvalue.parse(request.body.replace(canary.encode(), b"{token}"))
        # What no reader of JSON keeps as it is stands as the text that it was.
        line["body"] = body if _is_plain(body) else _bytes(request.body, canary)
    except ValueError:
        line["body"] = _bytes(request.body, canary)
    if request.miss:
        line["miss"] = request.miss.replace(canary, "{token}")
    return line


def _bytes(data: bytes, canary: str) -> str | Line:
    data = data.replace(canary.encode(), b"{token}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def parity(compared: Parity) -> Line:
    """The line of one scenario and model, held between its clients."""
    return {
        "type": "parity",
        "scenario": compared.scenario,
        "model": compared.model,
        "clients": list(compared.clients),
        "verdict": compared.verdict,
        "findings": [finding(one) for one in compared.findings],
        "not_evaluated": list(compared.not_evaluated),
    }


def finding(found: Finding) -> Line:
    """A finding, as every line has it."""
    return {
        "check": found.check,
        "severity": found.severity,
        "expected": _plain(found.expected),
        "received": _plain(found.received),
        "message": found.message,
    }


def _plain(value: Any) -> Any:
    """A value as it is, or its JSON as text where not every reader of JSON keeps it as it is."""
    if _is_plain(value):
        return value
    try:
        return json.dumps(value, default=str)
    except (RecursionError, ValueError):  # too deep, or an integer of too many digits
        return f"{type(value).__name__} that no text can hold"


def _is_plain(value: Any, depth: int = MOST_DEPTH // 2) -> bool:
    """Whether every reader of JSON keeps a value: I-JSON (RFC 7493, 2), and not too deep."""
    if isinstance(value, str):
        return value.isascii() or not LONE.search(value)
    if isinstance(value, dict):
        return depth > 0 and all(
            _is_plain(name) and _is_plain(item, depth - 1) for name, item in value.items()
        )
    if isinstance(value, list | tuple):
        return depth > 0 and all(_is_plain(item, depth - 1) for item in value)
    if isinstance(value, int):
        return abs(value) < BIGGEST
    return not isinstance(value, float) or math.isfinite(value)


def footer(counts: Mapping[str, Mapping[str, int]], exit_code: int, run: Mapping[str, Any]) -> Line:
    """The last line, without which a report is incomplete.

    Args:
        counts: For `cells` and `parity`: how many have each verdict.
        exit_code: The run's.
        run: What is of this run alone.
    """
    return {
        "type": "footer",
        "exit_code": exit_code,
        "counts": {kind: dict(sorted(verdicts.items())) for kind, verdicts in counts.items()},
        "run": dict(run),
    }


def encode(line: Line) -> bytes:
    """A line as it is written, its secrets masked; half a surrogate pair, which UTF-8 cannot hold, as its escape."""
    line = redacted_value(line)
    try:
        return msgspec.json.encode(line) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(_escaped(line)) + b"\n"


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    if isinstance(value, dict):
        return {_escaped(name): _escaped(item) for name, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value
