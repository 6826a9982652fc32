"""JUnit XML, drawn from a report's lines: what CI systems read.

Source: the Jenkins JUnit schema, as pytest's `--junitxml` follows it.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness.model.escape import visible
from harness.model.folder import Folder
from harness.report.ndjson import unwritten

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import BinaryIO

    from harness.report.line import Line

NAME = "junit.xml"

CLOSING = b"</testsuite>"


def write(folder: Path, report: Iterable[Line], within: Path) -> Path:
    """Write the JUnit file of a report beside it.

    Case after case goes to a file of its own first: how many there are stands at the top.

    Args:
        folder: The report's.
        report: Its lines.
        within: The root that the folder must not lead out of.

    Raises:
        HarnessError: It cannot be written.
    """
    path = folder / NAME
    cases, beside = (f".{NAME}.{os.getpid()}.{part}" for part in ("cases", "new"))
    try:
        with Folder(folder, within, make=True) as place:
            try:
                mode = place.mode(NAME)
                with place.create(cases) as body, place.create(beside, mode) as file:
                    _write(report, body, file)
                place.put(beside, NAME)
            finally:
                for part in (cases, beside):
                    with suppress(OSError):
                        place.remove(part)
    except OSError as error:
        raise unwritten(error, path) from error
    return path


def _write(report: Iterable[Line], body: BinaryIO, file: BinaryIO) -> None:
    """Write cases to one file, and then all to another."""
    suite = {"name": "sampleproof"}
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    total = 0.0
    for line in report:
        if line["type"] in {"cell", "parity"}:
            case, seconds = _case(line, counts)
            body.write(ET.tostring(case, encoding="utf-8"))
            total += seconds
        elif line["type"] == "report":
            suite["timestamp"] = line["run"]["started"]
    numbers = {name: str(number) for name, number in counts.items()}
    head = ET.Element("testsuite", suite | numbers | {"time": f"{total:.3f}"})
    opening = ET.tostring(head, encoding="utf-8", short_empty_elements=False)
    opening = opening.removesuffix(CLOSING)
    file.write(b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites>" + opening)
    body.seek(0)
    shutil.copyfileobj(body, file)
    file.write(CLOSING + b"</testsuites>")


def remove(folder: Path, within: Path) -> None:
    """Take away what an earlier run left: it would pass for what this one found.

    Args:
        folder: The report's.
        within: The root that the folder must not lead out of.

    Raises:
        HarnessError: It cannot be taken away.
    """
    try:
        with Folder(folder, within) as place:
            place.remove(NAME)
    except OSError as error:
        raise unwritten(error, folder / NAME) from error


def _case(line: Line, counts: dict[str, int]) -> tuple[ET.Element, float]:
    counts["tests"] += 1
    seconds = float(line.get("run", {}).get("duration_ms", 0)) / 1000
    group = line.get("client", "parity")
    name = line.get("id") or f"parity/{line['scenario']}@{line['model']}"
    about = {
        "classname": visible(f"samples.{group}"),
        "name": visible(name),
        "time": f"{seconds:.3f}",
    }
    case = ET.Element("testcase", about)
    if "sample" in line:
        case.set("file", visible(line["sample"]["path"]))
    if line["verdict"] == "fail":
        counts["failures"] += 1
        first = line["findings"][0]
        element = ET.SubElement(
            case, "failure", type=visible(first["check"]), message=visible(first["message"])
        )
        element.text = visible("\n\n".join(_finding(one) for one in line["findings"]))
    elif line["verdict"] == "error":
        counts["errors"] += 1
        fault = line["fault"]
        element = ET.SubElement(case, "error", type="error", message=visible(fault["message"]))
        element.text = visible(f"{fault['message']}\n{fault['remedy']}")
    elif line["verdict"] == "skipped":
        counts["skipped"] += 1
        reason = f"not evaluated: {', '.join(line['not_evaluated'])}"
        ET.SubElement(case, "skipped", message=visible(reason))
    return case, seconds


def _finding(finding: Line) -> str:
    return (
        f"{finding['check']}: {finding['message']}\n"
        f"expected: {finding['expected']}\nreceived: {finding['received']}"
    )
