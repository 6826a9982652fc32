"""Shards' reports joined into the report of the whole run.

It is, `run` keys aside, what one run of everything would have written: each line is taken as it
stands, in the order of the matrix.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model.problem import InvalidError, Problem
from harness.outcome import worst
from harness.report import ndjson
from harness.report.line import Line
from harness.report.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


SHOWN = 10
"""Missing shards that are named."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One shard's report."""

    path: Path
    header: Line
    shard: Shard

    def problem(self, message: str, hint: str = "") -> Problem:
        """A problem of this report."""
        return Problem(file=str(self.path), message=message, hint=hint)


def merge(reports: Sequence[Path], folder: Path, within: Path) -> tuple[Path, int]:
    """Join shards' reports.

    Args:
        reports: One for each shard, in any order: files, or the folders that have them.
        folder: Where the whole report goes.
        within: The root that the folder must not lead out of.

    Returns:
        The whole report, and the exit code that the whole run would have had.

    Raises:
        InvalidError: A shard is missing, doubled or of another run, or a report is not whole.
        HarnessError: The folder cannot be written.
    """
    parts = [_part(ndjson.place(path)) for path in reports]
    problems = [*_strangers(parts), *_doubled(parts)] or list(_missing(parts))
    if problems:
        raise InvalidError(problems)
    writer = ndjson.Writer(folder, _header(parts), within=within)
    try:
        code, duration_ms = _copy(parts, writer)
        writer.finish(code, duration_ms)
    except BaseException:
        writer.abandon()
        raise
    return writer.path, code


def _part(path: Path) -> Part:
    header = next(ndjson.lines(path))
    try:
        shard = msgspec.convert(header["run"]["shard"], Shard)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        message = "this is the report of no shard"
        hint = "a shard's is made with: sampleproof run --shard I/N"
        raise InvalidError([Problem(file=str(path), line=1, message=message, hint=hint)]) from error
    return Part(path=path, header=header, shard=shard)


def _strangers(parts: Sequence[Part]) -> Iterator[Problem]:
    """Reports that are of another run than the first."""
    first = parts[0]
    for part in parts[1:]:
        if part.shard.of != first.shard.of:
            yield part.problem(
                f"expected a shard of {first.shard.of}, as {first.path} is; received one of {part.shard.of}"
            )
            continue
        if part.shard.whole != first.shard.whole:
            yield part.problem(
                f"this is a shard of another run than {first.path}: other samples, or run otherwise",
                "run all shards on the same files with the same options",
            )
        for what, mine, theirs in _versions(part, first):
            if mine != theirs:
                yield part.problem(f"this was run with {what} {mine}; {first.path} with {theirs}")


def _versions(part: Part, first: Part) -> Iterator[tuple[str, Any, Any]]:
    """What must be the same in every shard, each with what two of them have."""
    for key in ("format", "mode"):
        yield key, part.header.get(key), first.header.get(key)
    yield "sampleproof", part.header["run"]["sampleproof"], first.header["run"]["sampleproof"]
    for client, versions in part.header["toolchains"].items():
        others = first.header["toolchains"].get(client)
        if others is not None:
            for name in sorted({*versions, *others}):
                yield f"{client}: {name}", versions.get(name), others.get(name)


def _doubled(parts: Sequence[Part]) -> Iterator[Problem]:
    found: dict[int, Part] = {}
    for part in parts:
        other = found.setdefault(part.shard.index, part)
        if other is not part:
            shard = f"{part.shard.index}/{part.shard.of}"
            yield part.problem(f"shard {shard} is there already: {other.path}")


def _missing(parts: Sequence[Part]) -> Iterator[Problem]:
    number = parts[0].shard.of
    there = {part.shard.index for part in parts}
    absent = (index for index in range(1, number + 1) if index not in there)
    for index in islice(absent, SHOWN):
        message = f"shard {index}/{number} is missing"
        hint = f"make it with: sampleproof run --shard {index}/{number}"
        yield Problem(file="", message=message, hint=hint)
    if (more := number - len(there) - SHOWN) > 0:
        yield Problem(file="", message=f"{more:,} more shards are missing")
    shared = sorted(place for part in parts for place in part.shard.groups)
    groups = range(parts[0].shard.whole.groups)
    if len(there) == number and (len(shared) != len(groups) or shared != list(groups)):
        yield parts[0].problem(
            "these shards do not make a whole: some samples are in none of them, or in several",
            "split all of them in the same way: with the same --balance, or with none",
        )


def _header(parts: Sequence[Part]) -> Line:
    runs = [part.header["run"] for part in parts]
    toolchains = {
        client: versions for part in parts for client, versions in part.header["toolchains"].items()
    }
    return {
        **parts[0].header,
        "cells": parts[0].shard.whole.cells,
        "toolchains": dict(sorted(toolchains.items())),
        "run": {
            "started": min(run["started"] for run in runs),
            "sampleproof": runs[0]["sampleproof"],
            "python": ", ".join(sorted({run["python"] for run in runs})),
            "platform": ", ".join(sorted({run["platform"] for run in runs})),
            "sealed": all(run["sealed"] for run in runs),
            "unsealed_because": next(
                (run["unsealed_because"] for run in runs if not run["sealed"]), None
            ),
            "shards": len(parts),
        },
    }


def _copy(parts: Sequence[Part], writer: ndjson.Writer) -> tuple[int, float]:
    """Copy every group from its shard; gives the exit code, and how long all shards took."""
    of_group = {place: part for part in parts for place in part.shard.groups}
    bodies = {part.path: _blocks(part) for part in parts}
    for place in sorted(of_group):
        part = of_group[place]
        block = next(bodies[part.path], [])
        if not block or block[-1][0]["type"] != "parity":
            raise InvalidError([part.problem("this report has fewer groups than its header says")])
        for line, text in block:
            writer.copy(line, text)
    footers = []
    for part in parts:
        block = next(bodies[part.path], [])
        if [line["type"] for line, _ in block] != ["footer"]:
            raise InvalidError([part.problem("this report has more groups than its header says")])
        footers.append(block[0][0])
        next(bodies[part.path], None)  # what follows a footer is found out here
    code = worst(footer["exit_code"] for footer in footers)
    return code, sum(footer["run"]["duration_ms"] for footer in footers)


def _blocks(part: Part) -> Iterator[list[tuple[Line, bytes]]]:
    """The groups of a report: cells up to their comparison; last the footer, alone."""
    block: list[tuple[Line, bytes]] = []
    for line, text in ndjson.texts(part.path):
        if line["type"] == "report":
            continue
        block.append((line, text))
        if line["type"] != "cell":
            yield block
            block = []
