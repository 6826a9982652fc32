"""A report for GitHub Actions: annotations, the ones that matter first, and the job's summary.

GitHub shows ten annotations of a level for each step and drops the rest without a word. So what is
the same in many samples is told once, every check that found something is heard before any is
heard twice, and the tenth says how much is left.

Source: GitHub Actions, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.model.escape import code_span, cut, html, log, one_line
from harness.report.explain import shown
from harness.report.line import Line
from harness.report.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SHOWN = 10
"""Annotations of one level that GitHub shows for a step."""

TOLD_WHOLE = 30
"""Samples that the summary explains."""

LARGEST = 900_000
"""Bytes of a summary; GitHub refuses one of more than a mebibyte."""
TABLE = LARGEST // 3
"""Of these, what the table may take."""

MESSAGE, TITLE, WHY = 4_000, 250, 8_000
"""Characters of an annotation's message and title, of which GitHub's runner takes 4,096 and 255, and of
what the summary says of a sample."""

WORDS = {"pass": "✅ pass", "fail": "❌ fail", "error": "🛑 error", "deviates": "⚠️ deviates"}
SAME = {"pass": "✅ same", "fail": "❌ differ"}

PUBLISHED = "published"
NOTE = "note"

Level = Literal["error", "warning"]
LEVELS: dict[str, Level] = {"error": "error", "warning": "warning"}
"""What stands beside files, by severity. A note is no fault: only the summary tells it."""


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside a file."""

    level: Level
    title: str
    message: str
    file: str = ""
    """From the repository's root; empty if it is about no file."""

    def __str__(self) -> str:
        """The workflow command, on one line."""
        given = {"file": one_line(self.file), "title": cut(log(one_line(self.title)), TITLE)}
        properties = ",".join(f"{name}={_property(text)}" for name, text in given.items() if text)
        return f"::{self.level} {properties}::{_data(cut(log(self.message), MESSAGE))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


class _Group(msgspec.Struct, kw_only=True):
    """The same thing, found in one sample or in many."""

    kind: str
    """The check's id, or `error`."""
    level: Level
    message: str
    cells: list[Line] = []

    def annotation(self, folder: str, live: str) -> Annotation:
        """What GitHub shows of it."""
        first = self.cells[0]
        name = _name(first)
        title = f"{name}: {self.kind}"
        if more := len(self.cells) - 1:
            title += f", and {number(more, 'other')}"
        path = first["sample"]["path"] if "sample" in first else ""
        return Annotation(
            level=self.level,
            title=title,
            message="\n".join([self.message, *_rerun(first, live)]),
            file=f"{folder}{path}" if path else "",
        )


def annotate(report: Sequence[Line], folder: str = "") -> list[Annotation]:
    """The annotations of a report, ranked, at most as many of each level as GitHub shows.

    Args:
        report: Its lines.
        folder: The project's, from the repository's root: empty, or with a `/` at its end.
    """
    ranked, live = _ranked(_groups(report)), _live(report[0])
    found: list[Annotation] = []
    for level in LEVELS.values():
        own = [group for group in ranked if group.level == level]
        keep = own if len(own) <= SHOWN else own[: SHOWN - 1]
        found += [group.annotation(folder, live) for group in keep]
        if more := len(own) - len(keep):
            message = "All of them are in the summary of this job and in its report."
            title = f"{number(more, 'more finding')} of this kind"
            found.append(Annotation(level=level, title=title, message=message))
    return found


def _groups(report: Iterable[Line]) -> list[_Group]:
    groups: dict[tuple[str, str], _Group] = {}
    for line in report:
        for kind, level, message in _findings(line):
            group = groups.setdefault(
                (kind, message), _Group(kind=kind, level=level, message=message)
            )
            group.cells.append(line)
    return list(groups.values())


def _findings(line: Line) -> Iterator[tuple[str, Level, str]]:
    if "fault" in line:
        remedy = f"\nremedy: {line['fault']['remedy']}" if line["fault"]["remedy"] else ""
        yield "error", "error", f"{line['fault']['message']}{remedy}"
    for one in line.get("findings", ()):
        if one["severity"] == NOTE:
            continue
        # A declared deviation is known: it must not stand before what is not.
        level = "warning" if line["verdict"] == "deviates" else LEVELS[one["severity"]]
        yield one["check"], level, "\n".join(_finding(one))


def _finding(one: Line) -> Iterator[str]:
    yield one["message"]
    if "\n" not in one["message"]:
        for label in ("expected", "received"):
            yield f"{label} {' ⏎ '.join(shown(one[label]))}"


def _ranked(groups: Sequence[_Group]) -> list[_Group]:
    """What hides verdicts first; then each check's widest finding, then each check's second."""
    by_kind: dict[str, list[_Group]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: -len(group.cells)):
        by_kind[group.kind].append(group)
    place = {
        id(group): (kind != "error", turn, -len(group.cells))
        for kind, own in by_kind.items()
        for turn, group in enumerate(own)
    }
    return sorted(groups, key=lambda group: place[id(group)])


def unpublished(name: str, path: str, message: str) -> Line:
    """A line, for this report alone, of something that must not be published as it is."""
    finding = {"check": PUBLISHED, "severity": "error", "message": message}
    return {
        "type": PUBLISHED,
        "id": name,
        "sample": {"path": path},
        "verdict": "stale",
        "findings": [{**finding, "expected": "fresh", "received": "stale"}],
    }


def _rerun(line: Line, live: str) -> list[str]:
    return [] if line["type"] == PUBLISHED else [f"rerun: sampleproof run {live}'{_name(line)}'"]


def _live(header: Line) -> str:
    """The option that sends samples where they were sent."""
    return f"--live {header['endpoint']['url']} " if header["mode"] == "live" else ""


def _name(line: Line) -> str:
    return str(line.get("id") or f"*/{line['scenario']}@{line['model']}")


def summary(report: Sequence[Line]) -> str:
    """The job's summary, in Markdown: the table, and each failure with what explains it."""
    cells = [line for line in report if line["type"] == "cell"]
    parities = [line for line in report if line["type"] == "parity"]
    counts: dict[str, int] = defaultdict(int)
    for line in cells:
        counts[line["verdict"]] += 1
    counts["not to be published"] = sum(line["type"] == PUBLISHED for line in report)
    tally = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()) if count)
    parts = [f"## {number(len(cells), 'sample')}: {tally}" if cells else "## No sample ran"]
    table, missing = _fitting(_rows(cells, parities), TABLE)
    parts.append("\n".join(["<table>", *table, "</table>"]))
    if missing:
        parts.append(f"{number(missing, 'more row')} in the report.")
    wrong = [line for line in report if list(_findings(line))]
    ends = [_notes(cells), _answers(report[0], cells)]
    room = LARGEST - sum(len(part.encode()) for part in (*parts, *ends))
    told, missing = _fitting((_details(line, _live(report[0])) for line in wrong), room, TOLD_WHOLE)
    parts += told
    if missing:
        parts.append(f"{missing} more in the report.")
    return "\n\n".join(part for part in (*parts, *ends) if part) + "\n"


def _fitting(parts: Iterable[str], room: int, most: int | None = None) -> tuple[list[str], int]:
    """The first parts, as many as there is room for in bytes, and how many more there are."""
    kept: list[str] = []
    left_out = 0
    for part in parts:
        room -= len(part.encode()) + 2
        if left_out or room < 0 or len(kept) == most:
            left_out += 1
        else:
            kept.append(part)
    return kept, left_out


def _rows(cells: Sequence[Line], parities: Sequence[Line]) -> Iterator[str]:
    """HTML throughout: within it nothing is read as Markdown."""
    clients = list(dict.fromkeys(line["client"] for line in cells))
    verdicts = {(one["scenario"], one["model"], one["client"]): one["verdict"] for one in cells}
    same = {(one["scenario"], one["model"]): one["verdict"] for one in parities}
    many = len({one["model"] for one in cells}) > 1
    yield _row("th", ["", *map(_code, clients), "clients agree"])
    for scenario, model in dict.fromkeys((one["scenario"], one["model"]) for one in cells):
        found = [verdicts.get((scenario, model, client), "") for client in clients]
        if many and len(cells) > TOLD_WHOLE and set(found) <= {"pass", ""}:
            continue  # of many models, only those with something to tell
        name = _code(f"{scenario}@{model}" if many else scenario)
        agree = SAME.get(same.get((scenario, model), ""), "–")
        yield _row("td", [name, *(WORDS.get(one, html(one)) for one in found), agree])


def _row(kind: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{kind}>{cell}</{kind}>' for cell in cells)}</tr>"


def _code(name: str) -> str:
    """A name in which GitHub sees no mention, no issue and no link."""
    return f"<code>{html(cut(one_line(name), TITLE, '…'))}</code>"


def _folded(title: str, said: Sequence[str]) -> str:
    text = cut("\n".join(said), WHY)
    return f"<details><summary>{title}</summary><pre>{html(text)}</pre></details>"


def _details(line: Line, live: str) -> str:
    """HTML, since a sample's output may hold anything that Markdown would read."""
    said = [f"{kind}: {message}" for kind, _, message in _findings(line)]
    if line.get("not_evaluated"):
        said.append(f"not evaluated: {', '.join(line['not_evaluated'])}")
    said += _rerun(line, live)
    return _folded(f"{_code(_name(line))}: {html(line['verdict'])}", said)


def _notes(cells: Sequence[Line]) -> str:
    """What is told and no fault, once for all samples that have it."""
    found: dict[str, int] = defaultdict(int)
    for line in cells:
        for one in line["findings"]:
            if one["severity"] == NOTE:
                found[f"{one['check']}: {one['message']}"] += 1
    if not found:
        return ""
    said = [f"{text} ({number(count, 'sample')})" for text, count in found.items()]
    if len(said) > TOLD_WHOLE:
        said[TOLD_WHOLE:] = [f"{len(said) - TOLD_WHOLE} more in the report."]
    return _folded(number(len(found), "note"), said)


def _answers(header: Line, cells: Sequence[Line]) -> str:
    if header["mode"] != "replay":
        return f"The answers came from a live endpoint, {code_span(header['endpoint']['url'])}."
    authored = any(one.get("recording", {}).get("provenance") == "authored" for one in cells)
    text = "The answers come from a recording"
    return f"{text}, authored from the service's documented shapes." if authored else f"{text}."
