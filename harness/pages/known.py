"""The pages of a project: what git knows, so that nothing that was installed or built counts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PATTERNS = ("*.md", "*.mdx", "*.markdown")


def known_to_git(root: Path) -> list[Path] | None:
    """Every page in a folder that git keeps; `None` if git does not keep the folder."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--", *PATTERNS], cwd=root, capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    names = listed.decode("utf-8", "surrogateescape").split("\0")
    return [root / name for name in names if name and (root / name).is_file()]
