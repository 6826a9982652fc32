"""`sampleproof docs export`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import opened, project_option
from harness.printer import hand_over, say


@click.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "openapi-overlay"]),
    required=True,
    help="Everything that is known of each sample, or an OpenAPI Overlay 1.0.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write. [default: standard output]",
)
@project_option
def command(project: Path | None, form: str, output: Path | None) -> int:
    """Print every sample that passed, for other tools.

    The overlay adds each sample to its operation, under x-codeSamples.
    If a sample has not passed as it is now, nothing is exported.

    \b
    Examples:
      sampleproof docs export --format json -o samples.json
      sampleproof docs export --format openapi-overlay -o overlay.json
    """
    import json

    from harness.cli.docs.told import tell
    from harness.model import escape
    from harness.model.files import bounds, replace
    from harness.pages.export import as_json, as_overlay
    from harness.pages.proof import Gate, sort

    root, content = opened(project)
    proven, unproven = sort(map(Gate(root).look, content.cells()))
    if unproven:
        return tell(unproven, project)
    data = as_json(proven, content.catalog) if form == "json" else as_overlay(proven)
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        hand_over(escape.json(text))
    else:
        replace(output, text.encode(), bounds(output, root))
        say(f"wrote {output}: {len(proven)} samples")
    return 0
