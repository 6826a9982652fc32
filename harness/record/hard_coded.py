"""Secrets that are written into a project's files: samples, scenarios, templates, settings, pages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.model import files
from harness.model.problem import Problem
from harness.pages.git_files import NOT_WALKED, pages_on_disk
from harness.record.sanitize import without
from harness.record.spans import found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.record.rules import Rules

FOLDERS = ("samples", "docs")
RECORDINGS = "samples/recordings"
ENDINGS = {"", ".bash", ".conf", ".env", ".html", ".ini", ".j2", ".json", ".toml", ".txt", ".xml"}
ENDINGS |= {".yaml", ".yml", ".npmrc", ".properties"}
"""Of files in `docs` that are searched, besides pages; of those in `samples`, all are."""

ENDS = 4
"""Characters of a secret that a message may show."""

MEND = (
    "take it out, and have it withdrawn: whoever has this file has it; samples read theirs from the "
    "environment; if it is none, say so in samples/sanitizers.yaml, under 'allow'"
)


def hard_coded(root: Path, rules: Rules) -> Iterator[Problem]:
    """What looks like a secret in the files of a project that people edit; recordings are another's task.

    Args:
        root: The project's root.
        rules: What to look for, and what is none.
    """
    forms = [one for one in rules.secrets if one.concerns("")]
    pages = (one for one in pages_on_disk(root) if not one.is_symlink())
    for path in sorted({*_sources(root), *pages}):
        try:
            text = files.read(path, root).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # whoever needs it says so; a picture holds no text
        clean = text
        for rule in rules.allow:
            clean = without(rule, clean, "")
        told: set[tuple[int, str]] = set()
        for rule in forms:
            for view, start, end in found(rule, clean, ""):
                at = next(view.places(start, end))[0]
                line = text.count("\n", 0, at) + 1
                if (line, rule.name) in told:
                    continue
                told.add((line, rule.name))
                secret = view.text[start:end]
                shown = f"{secret[: min(ENDS, len(secret) // ENDS)]}…"
                yield Problem(
                    file=path.relative_to(root).as_posix(),
                    line=line,
                    message=f"this looks like {rule.name}: {shown}",
                    hint=MEND,
                )


def _sources(root: Path) -> Iterator[Path]:
    """The files in the folders of a project; links are not followed."""
    for name in FOLDERS:
        for folder, below, names in os.walk(root / name):
            place = (root / folder).relative_to(root).as_posix()
            below[:] = [
                one
                for one in below
                if one not in NOT_WALKED
                and not one.startswith((".", "__"))
                and f"{place}/{one}" != RECORDINGS
            ]
            for one in names:
                path = root / folder / one
                if path.is_symlink() or (name == "docs" and path.suffix not in ENDINGS):
                    continue
                yield path
