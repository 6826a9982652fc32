"""Receipts: what passed, byte for byte, and what it passed against.

They are kept in one file that is committed with the samples, so that any machine can tell, without
running anything, whether a sample may be published. A receipt holds checksums of files alone: it
is as good on another machine. Its date, and the versions of what is not pinned, change only when
something else in it does.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import msgspec

from harness.model.files import replace
from harness.model.finding import Verdict
from harness.model.problem import InvalidError, Problem
from harness.render.generated import read

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.line import Line

FILE = "samples/receipts.json"
FORMAT = 1
PASSED: tuple[Verdict, ...] = ("pass", "deviates")


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One sample's."""

    sample: str
    """SHA-256 of the bytes that ran."""
    basis: dict[str, str]
    """By path: SHA-256 of each file that the verdict rests on."""
    verdict: Verdict
    versions: dict[str, str]
    """Of the runtime, the packages and the programs that it ran with."""
    on: str
    """ISO 8601 date of the first run that it is for."""
    seal: str = ""
    """SHA-256 over all the rest, so that an edit by hand is noticed."""

    def sealed(self) -> Receipt:
        """This one, with its seal."""
        content = msgspec.structs.asdict(msgspec.structs.replace(self, seal=""))
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return msgspec.structs.replace(self, seal=digest)

    def proves(self, other: Receipt) -> bool:
        """Whether it is for the same bytes, against the same files, with the same verdict."""
        return (self.sample, self.basis, self.verdict) == (other.sample, other.basis, other.verdict)


class Receipts(msgspec.Struct, frozen=True, kw_only=True):
    """All of a project, by cell."""

    by_cell: dict[str, Receipt] = {}
    broken: frozenset[str] = frozenset()
    """Cells whose receipt is not as it was written."""
    edited: bool = False
    """Whether anything else in the file is not."""


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    receipts: dict[str, Receipt]


def load(root: Path) -> Receipts:
    """The receipts of a project; those with a broken seal are none.

    Raises:
        HarnessError: The file cannot be read.
    """
    content = read(root / FILE, root)
    if content is None:
        return Receipts()
    try:
        found = msgspec.json.decode(content, type=_Kept).receipts
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Receipts(edited=True)
    whole = {name: one for name, one in found.items() if one == one.sealed()}
    return Receipts(
        by_cell=whole, broken=frozenset(found) - set(whole), edited=content != _encode(found)
    )


def save(root: Path, receipts: dict[str, Receipt]) -> bool:
    """Write the receipts, if they are not there already.

    Returns:
        Whether anything changed.

    Raises:
        HarnessError: The file cannot be read or written.
    """
    content = _encode(receipts)
    if read(root / FILE, root) == content:
        return False
    replace(root / FILE, content, root)
    return True


def _encode(receipts: dict[str, Receipt]) -> bytes:
    """One fact a line, in an order that does not change: it is read in diffs."""
    plain = {name: msgspec.structs.asdict(receipts[name]) for name in sorted(receipts)}
    data = {"format": FORMAT, "receipts": plain}
    return f"{json.dumps(data, indent=2, ensure_ascii=False)}\n".encode()


def collect(report: list[Line], name: str, before: dict[str, Receipt]) -> dict[str, Receipt]:
    """The receipts that a report gives, joined with those from before.

    A cell that did not pass gets none, nor does one whose client differs from the others; it loses
    the one it had.

    Args:
        report: A whole report.
        name: Its file, for messages.
        before: By cell. One that proves the same is kept as it is.

    Raises:
        InvalidError: The report was made by another version, or not against recordings.
    """
    header, *lines = report
    if header.get("mode") != "replay":
        message = f"expected a run against recordings; received mode {header.get('mode')!r}"
        hint = "run: sampleproof run"
        raise InvalidError([Problem(file=name, line=1, message=message, hint=hint)])
    differ = {
        (one["scenario"], one["model"])
        for one in lines
        if one["type"] == "parity" and one["verdict"] == "fail"
    }
    found = dict(before)
    for number, line in enumerate(report, start=1):
        if line["type"] != "cell":
            continue
        if "basis" not in line:
            message, hint = "this report comes from an older version", "run: sampleproof run"
            raise InvalidError([Problem(file=name, line=number, message=message, hint=hint)])
        old = found.pop(line["id"], None)
        if line["verdict"] not in PASSED or (line["scenario"], line["model"]) in differ:
            continue
        new = Receipt(
            sample=line["sample"]["sha256"],
            basis=dict(line["basis"]),
            verdict=line["verdict"],
            versions=dict(sorted(header["toolchains"][line["client"]].items())),
            on=header["run"]["started"][:10],
        )
        found[line["id"]] = old if old and old.proves(new) else new.sealed()
    return found
