"""Puts what was measured into a guide: tables between its markers, and a plot beside it.

    .venv/bin/python benchmarks/page.py docs/guides/speed.md docs/bench.json
    .venv/bin/python benchmarks/page.py --check docs/guides/speed.md docs/bench.json

The second writes nothing, and exits with 4 if that would change anything.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from measure import Bench, Group, texts
from plot import draw

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
STALE = 4


def tables(bench: Bench) -> Iterator[str]:
    """Everything that was measured, in Markdown."""
    others = f"; other programs kept {bench.others:.0%} of it busy" if bench.others else ""
    yield f"Measured on a machine of {bench.cores} cores with Python {bench.python}{others}."
    for group in bench.groups:
        yield f"### {group.title}"
        if group.measures:
            yield "\n".join(_table(group))
        if group.parts:
            yield "\n".join(f"- {part:.0%}: {what}" for what, part in group.parts.items())
        if group.notes:
            yield " ".join(group.notes)


def _table(group: Group) -> Iterator[str]:
    yield "| what | against | in | measured | rounds | noise | goal |"
    yield "| --- | --- | --- | --: | --: | --: | --: |"
    for one in group.measures:
        what, against, unit, measured, *rest = texts(one, ", missed")
        yield f"| {' | '.join((what, against, unit, f'**{measured}**', *rest))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="Put what was measured into a guide.")
    parser.add_argument("page", type=Path)
    parser.add_argument("numbers", type=Path, help="what bench.py has written")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 4 if stale")
    options = parser.parse_args()
    bench = msgspec.json.decode(options.numbers.read_bytes(), type=Bench)
    text = options.page.read_text("utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{options.page} has no place for it, from {BEGIN} to {END}")
    made = {
        options.page: "".join((head, BEGIN, "\n\n", "\n\n".join(tables(bench)), "\n\n", END, tail)),
        options.page.with_suffix(".svg"): draw(bench),
    }
    stale = [
        path for path, new in made.items() if not path.exists() or path.read_text("utf-8") != new
    ]
    if not options.check:
        for path in stale:
            path.write_text(made[path], "utf-8")
    elif stale:
        print(f"stale: {', '.join(map(str, stale))}; type: make bench-docs", file=sys.stderr)
        raise SystemExit(STALE)


if __name__ == "__main__":
    main()
