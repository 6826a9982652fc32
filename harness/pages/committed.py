"""Whether a clone would have what published things rest on, as it is here."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model import basis, files
from harness.model.root import MARK
from harness.pages import quickstart, receipt
from harness.pages.proof import Unproven
from harness.render import written
from harness.render.generated import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.model.project import Project
    from harness.pages.git_files import Repository

UNKNOWN = "git does not know it, so a clone would lack it"
UNSTAGED = "is not staged as it is here"


def rendering(project: Project) -> set[str]:
    """The files that samples are rendered from, and the samples; from the project's root."""
    found = {str(MARK), written.FILE}
    for cell in project.cells():
        found |= {cell.path, cell.scenario.file, cell.client.file, cell.client.template_file}
        found.add(f"samples/operations/{cell.operation.name}.yaml")
    return found


def publishing(root: Path, project: Project) -> set[str]:
    """Those, and the files that receipts and quickstarts rest on."""
    found = rendering(project) | {receipt.FILE}
    for cell in project.cells():
        found.update(basis.files(cell))
    for client in project.clients.values():
        found.update(_named(root, client.file))
    if (root / quickstart.TEMPLATE).is_file():
        languages = quickstart.languages(root)
        found.add(quickstart.TEMPLATE)
        found.update(path.relative_to(root).as_posix() for path in languages)
        found.update(map(quickstart.page_of, languages))
    return found


def unknown(repository: Repository, root: Path, needed: Iterable[str]) -> Iterator[Unproven]:
    """Files that are here, and that git does not know.

    Args:
        repository: The project's.
        root: The project's root.
        needed: From there.
    """
    if not repository.knows(str(MARK)):
        folder = str(MARK.parent)
        yield Unproven(name=folder, why=UNKNOWN, remedy=_add(root, folder))
        return
    for path in sorted(needed):
        if (root / path).is_file() and not repository.knows(path):
            yield Unproven(name=path, why=UNKNOWN, remedy=_add(root, path))


def unstaged(
    repository: Repository, root: Path, needed: Iterable[str], marked: Iterable[str] = ()
) -> Iterator[Unproven]:
    """Files that will be committed in another state than they are in here, or gone from here.

    Args:
        repository: The project's.
        root: The project's root.
        needed: From there.
        marked: Pages with samples in them.

    Raises:
        HarnessError: Git does not answer.
    """
    counted = {*needed, *marked}
    for path in sorted(repository.unstaged()):
        gone = path.startswith(f"{MARK.parent}/") and not (root / path).exists()
        if path in counted or gone:
            yield Unproven(name=path, why=UNSTAGED, remedy=_add(root, path))


def _add(root: Path, path: str) -> str:
    return f"git add {shlex.quote(os.path.relpath(root / path))}"


def _named(root: Path, file: str) -> Iterator[str]:
    """Files that stand beside a `client.yaml` and that it names, or that its packages need."""
    text = (read(root / file, root) or b"").decode("utf-8", "replace")
    folder = Path(file).parent
    for name in files.listed(root / folder, root):
        if (name in text or name == "package.json") and (root / folder / name).is_file():
            yield (folder / name).as_posix()
