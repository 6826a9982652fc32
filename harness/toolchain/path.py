"""Where programs are looked for: in folders of the user's PATH that no project can put anything into.

An entry that is empty or relative means another folder wherever a command is called, such as a
project's; and one that lies in the project holds what a pull request put there.
"""

from __future__ import annotations

import os
import shutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def trusted(root: Path | None = None) -> list[str]:
    """The absolute entries of PATH, but none in a project.

    Args:
        root: The project's.
    """
    return list(_trusted(os.environ.get("PATH", os.defpath), root))


@cache
def _trusted(path: str, root: Path | None) -> tuple[str, ...]:
    absolute = [one for one in path.split(os.pathsep) if one.startswith(os.sep)]
    return tuple(one for one in absolute if not (root and is_in(one, root)))


def is_in(path: str, root: Path) -> bool:
    """Whether a path lies in a project, by its name or by where its links lead."""
    pairs = ((os.path.abspath(path), os.path.abspath(root)), (_real(path), _real(root)))  # noqa: PTH100
    return any(f"{one}/".startswith(f"{folder.rstrip('/')}/") for one, folder in pairs)


def _real(path: str | Path) -> str:
    return os.path.realpath(path)


def find(name: str, root: Path | None = None, ahead: tuple[str, ...] = ()) -> str | None:
    """The absolute path of a program; `None` if there is none outside the project.

    Args:
        name: Its file's name.
        root: The project's.
        ahead: Folders that are looked into first, wherever they lie.
    """
    if os.path.dirname(name):  # noqa: PTH120
        return None  # a path, not a name
    path = shutil.which(name, path=os.pathsep.join([*ahead, *trusted(root)]))
    if path is None or (root and os.path.dirname(path) not in ahead and is_in(path, root)):  # noqa: PTH120
        return None
    return path
