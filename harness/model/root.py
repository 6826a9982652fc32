"""Where a project is: in a folder that has `samples/catalog.yaml`, or the one in this package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARK = Path("samples/catalog.yaml")
"""The file by which a project is known."""

BUNDLED = Path(__file__).parent.parent / "_project"
"""The copy inside the installed package."""

ALIKE = 0.7
"""How alike two names must be for one to be the other, misspelt."""


def find(start: Path) -> Path:
    """The root of the project that a folder is in.

    Raises:
        InvalidError: It is in none. What looks like the one that was meant is named.
    """
    start = start.resolve()
    folders = (start, *start.parents)
    for folder in folders:
        if _holds(folder / MARK):
            return folder
    message = f"{start} is in no project: neither it nor a folder above it has {MARK}"
    ways = "name one with --project DIR; sampleproof run --demo runs the samples that come with it"
    meant = [way for folder in _own(folders) for way in _misspelt(folder)]
    raise invalid(message, hint="\n  ".join([*meant, *_below(start), ways]))


def named(folder: Path) -> Path:
    """The root of a project that the user names.

    Raises:
        InvalidError: It is none. What looks like the one that was meant is named.
    """
    root = folder.resolve()
    if not _holds(root / MARK):
        meant = [*_misspelt(root), *_below(root)]
        raise invalid(f"{folder} is no project: it has no {MARK}", hint="\n  ".join(meant))
    return root


def demo() -> Path:
    """The root of the project that comes with this package; in a clone, the clone's own."""
    return BUNDLED if _holds(BUNDLED / MARK) else BUNDLED.parent.parent


def _own(folders: Iterable[Path]) -> Iterator[Path]:
    """Those that may be a project's: as far up as the repository goes, or the user's own folder."""
    for folder in folders:
        if folder == folder.parent:
            return
        yield folder
        if folder == Path.home() or os.path.lexists(folder / ".git"):
            return


def _misspelt(folder: Path) -> Iterator[str]:
    """What in a folder looks like a catalogue in a wrong place."""
    mark = folder / MARK
    if os.path.lexists(mark):
        why = "is a folder" if _is_folder(mark) else "leads nowhere" if mark.is_symlink() else ""
        yield f"{mark} {why or 'cannot be read'}"
        return
    if _is_folder(mark.parent) and not os.access(mark.parent, os.X_OK):
        yield f"{mark.parent} cannot be looked into: mend its permissions"
        return
    if _holds(folder / MARK.name) and _looks_whole(folder):
        yield f"{folder} has a {MARK.name}: call this folder {MARK.parent}"
    for place in (folder / name for name in _names(folder)):
        if _alike(place.name, MARK.parent.name) or _looks_whole(place):
            found = [one for one in _names(place) if _alike(one.partition(".")[0], MARK.stem)]
            for one in found:
                yield f"there is {place / one}: rename it to {mark}"
            if not found and _looks_whole(place):
                yield f"there is {place}, without a {MARK.name}"


def _below(start: Path) -> Iterator[str]:
    """Projects in the folders of a folder, and in theirs."""
    first = [start / name for name in _names(start)]
    for folder in [*first, *(one / name for one in first for name in _names(one))]:
        if _holds(folder / MARK):
            yield f"there is a project in {folder}: name it with --project {folder}"


def _looks_whole(samples: Path) -> bool:
    names = _names(samples)
    return "scenarios" in names and "operations" in names


def _alike(one: str, other: str) -> bool:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one.lower(), other).ratio() >= ALIKE


def _holds(mark: Path) -> bool:
    """Whether it is a file that can be read, in folders that can be looked into."""
    return os.access(mark, os.R_OK) and mark.is_file()


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  (Path's raises where nobody may look)


def _names(folder: Path) -> list[str]:
    """What is in a folder, but nothing hidden, and nothing that was installed."""
    try:
        names = [one.name for one in folder.iterdir()]
    except OSError:
        return []
    return sorted(one for one in names if one[0] not in "._" and one != "node_modules")
