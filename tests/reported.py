"""Reports for tests: lines that are whole, made of the little that a test tells of them."""

import json
from collections import Counter

from harness.report import ndjson

SHA256 = "0" * 64

FAULT = {"message": "it broke", "remedy": "mend it"}


def finding(check="output.text", **more):
    found = {"check": check, "severity": "error", "expected": "a", "received": "b"}
    return {**found, "message": "another text", **more}


def cell(name="python/basic", verdict="pass", **more):
    client, _, rest = name.partition("/")
    scenario, _, model = rest.partition("@")
    line = {
        "type": "cell",
        "id": name,
        "client": client,
        "scenario": scenario,
        "model": model or "m",
        "sample": {"path": f"samples/{client}/{scenario}", "sha256": SHA256},
        "basis": {},
        "verdict": verdict,
        "findings": [finding()] if verdict in {"fail", "deviates"} else [],
        "not_evaluated": [],
        "run": {},
    }
    return line | ({"fault": FAULT} if verdict == "error" else {}) | more


def ran(name="python/basic", verdict="pass", **more):
    """A cell with everything that one can have."""
    request = {"method": "POST", "url": "https://h:443/c?a=1", "body": {"model": "m", "n": [1.5]}}
    answer = {
        "status": 200,
        "model": "m",
        "ending": "complete",
        "no_answer": None,
        "waited_s": [0.5],
        "asked_s": None,
    }
    about = {
        "recording": {"path": "r.yaml", "provenance": "authored", "sha256": [SHA256]},
        "basis": {"a.yaml": SHA256},
        "requests": [request, {**request, "body": "text", "miss": "none"}],
        "output": "Paris\n",
        "stderr": {"base64": "/w=="},
        "exit": {"code": 1, "signal": None, "ended_for": None, "left_behind": ["sleep"]},
        "diagnosis": {"cause": "answer", "evidence": "it is so", "remedy": "mend it"},
        "run": {
            "duration_ms": 12.5,
            "headers": [[["host", "h"]], []],
            "cached": True,
            "answers": [answer],
        },
    }
    return cell(name, verdict, **about | more)


def parity(scenario="basic", verdict="pass", **more):
    line = {
        "type": "parity",
        "scenario": scenario,
        "model": "m",
        "clients": ["python"],
        "verdict": verdict,
        "findings": [finding("parity.output")] if verdict == "fail" else [],
        "not_evaluated": [],
    }
    return line | more


def header(*lines, url="", **more):
    clients = {line["client"] for line in lines if "client" in line}
    clients |= {client for line in lines for client in line.get("clients", ())}
    live = {"endpoint": {"name": "near", "url": url}} if url else {}
    line = {
        "type": "report",
        "format": 1,
        "mode": "live" if url else "replay",
        **live,
        "cells": sum(line["type"] == "cell" for line in lines),
        "toolchains": {client: {"lib": "1"} for client in sorted(clients)},
        "run": {
            "started": "2026-07-30T00:00:00+00:00",
            "sampleproof": "1",
            "python": "3.11.1",
            "platform": "Linux",
            "sealed": True,
            "unsealed_because": None,
        },
    }
    return line | more


def footer(*lines, exit_code=0):
    counts = {
        kind: Counter(line["verdict"] for line in lines if line["type"] == name)
        for kind, name in (("cells", "cell"), ("parity", "parity"))
    }
    line = {"type": "footer", "exit_code": exit_code, "counts": counts}
    return line | {"run": {"duration_ms": 1.0}}


def whole(*lines, url="", exit_code=0):
    """A report of some cells and parities."""
    return [header(*lines, url=url), *lines, footer(*lines, exit_code=exit_code)]


def write(folder, report):
    """Write a report; gives its file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ndjson.NAME
    path.write_text("".join(json.dumps(line) + "\n" for line in report), encoding="utf-8")
    return path
