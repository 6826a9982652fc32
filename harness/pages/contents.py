"""What the pages of a project hold, and which of them cannot be looked into."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from harness.model.folder import shown
from harness.model.problem import InvalidError, Problem
from harness.render.generated import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def contents(
    pages: Iterable[Path], root_of: Callable[[Path], Path], name_of: Callable[[Path], str]
) -> tuple[dict[Path, bytes], list[Problem]]:
    """What pages hold, and what is wrong with those that cannot be read: nobody would have checked them.

    Args:
        pages: The pages; one that is not there is empty.
        root_of: The root that each of them is in.
        name_of: How each is called.

    Raises:
        HarnessError: One cannot be read, which is the system's doing.
    """
    found: dict[Path, bytes] = {}
    problems: list[Problem] = []
    for path in pages:
        try:
            content = read(path, root_of(path))
        except InvalidError as error:
            problems += [
                msgspec.structs.replace(problem, file=name_of(path)) for problem in error.problems
            ]
            continue
        if content is None and path.is_symlink():
            message = f"this is a link to {shown(os.fspath(path.readlink()))}, where nothing is"
            problems.append(Problem(file=name_of(path), message=message, hint=HINT))
            continue
        found[path] = content or b""
    return found, problems


HINT = "put the page itself in the link's place, or remove the link"
