"""What a run would report, without running anything; and edits."""

import hashlib

from harness.model.basis import Digests
from harness.model.project import open_project


def report_of(root, verdict="pass", on="2026-11-22", **verdicts):
    """A report's lines, as a run of the project as it is now would give them."""
    project, digests = open_project(root), Digests(root)
    lines = [
        {
            "type": "report",
            "mode": "replay",
            "toolchains": {name: {"tool": "1.2"} for name in project.clients},
            "run": {"started": f"{on}T10:00:00+00:00"},
        }
    ]
    for cell in project.cells():
        lines.append(
            {
                "type": "cell",
                "id": cell.id,
                "client": cell.client.name,
                "scenario": cell.scenario.name,
                "model": cell.model,
                "sample": {
                    "path": cell.path,
                    "sha256": hashlib.sha256((root / cell.path).read_bytes()).hexdigest(),
                },
                "basis": digests.basis(cell),
                "verdict": verdicts.get(cell.client.name, verdict),
            }
        )
    return [*lines, {"type": "footer"}]


def edit(path, old, new):
    """Change one place of a file."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
