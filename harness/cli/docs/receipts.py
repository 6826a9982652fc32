"""`sampleproof docs receipts`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import opened, project_option
from harness.printer import say


@click.command("receipts")
@click.option(
    "--report",
    "report",
    type=click.Path(file_okay=False, path_type=Path),
    help="The report's folder. [default: build/report in the project]",
)
@project_option
def command(project: Path | None, report: Path | None) -> int:
    """Note which samples have passed, from the report of a run.

    Each receipt holds the checksums of the sample and of everything that
    it passed against. A sample of the report that did not pass loses the
    receipt it had. Commit the file with the samples.

    \b
    Example:
      sampleproof run && sampleproof docs receipts
    """
    from harness.cli.main import FAIL
    from harness.pages import receipt
    from harness.report import ndjson
    from harness.report.words import number

    root, content = opened(project)
    path = (report or root / "build" / "report") / ndjson.NAME
    before = receipt.load(root).by_cell
    lines = ndjson.read(path)
    found = receipt.collect(lines, str(path), before)
    known = {cell.id for cell in content.cells(content.catalog.models)}
    kept = {name: one for name, one in found.items() if name in known}
    if receipt.save(root, kept):
        say(f"wrote {receipt.FILE}")
    say(f"{number(len(kept), 'sample')} {'has' if len(kept) == 1 else 'have'} a receipt.")
    refused = [line["id"] for line in lines if line["type"] == "cell" and line["id"] not in found]
    for name in refused:
        say(f"{name} did not pass: it gets no receipt", err=True)
    return FAIL if refused else 0
