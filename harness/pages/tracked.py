"""The pages of a project: those that its repository has."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("*.md", "*.mdx", "*.markdown")


def tracked(root: Path) -> list[Path] | None:
    """Every page that git knows in a folder; `None` if there is no git, or no repository."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--", *KINDS], cwd=root, capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    paths = [root / name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name]
    return [path for path in paths if path.is_file()]
