"""The packages that JavaScript samples import: pinned by npm's lock, linked beside the samples."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model import files
from harness.model.folder import Folder
from harness.model.problem import HarnessError
from harness.toolchain import exposure, npmrc
from harness.toolchain import node as runtime
from harness.toolchain.environment import for_npm
from harness.toolchain.need import Parts, fingerprint
from harness.toolchain.npm_lock import MANIFEST, MODULES, inputs, read_lock
from harness.toolchain.state import installed
from harness.toolchain.tool import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.toolchain.need import Need

QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

SOON = ("--fetch-retry-mintimeout=1000", "--fetch-retry-factor=3")
"""npm's own pauses make more than a minute of a network that is not there."""


def key(need: Need) -> str:
    """Changes whenever another Node or other packages would be used."""
    return fingerprint(_contents(need), runtime.key(need))


def _contents(need: Need) -> str:
    return fingerprint(need.read(need.lock), need.read(MANIFEST), npmrc.settings(need))


def folder(need: Need) -> Path:
    """The folder that is installed as a whole, with the packages in it."""
    return need.toolchains / "node" / f"packages-{_contents(need)[:16]}"


def place(need: Need) -> Path:
    """Where the packages are, or will be."""
    return folder(need) / MODULES


def in_place(need: Need) -> dict[str, str]:
    """The versions of the packages, which are installed already.

    Raises:
        HarnessError: A real `node_modules` is in the way.
        InvalidError: The lock cannot be read.
    """
    link(need, place(need))
    return versions(read_lock(need))


def provide(need: Need) -> Parts:
    """A Node that fits, and exactly the packages that the lock pins, linked beside the samples.

    Raises:
        HarnessError: Something could not be installed, or a real `node_modules` is in the way.
        InvalidError: The lock cannot be read, or no version is what was asked for.
    """
    lock = read_lock(need)
    node = runtime.find_node(need, engines(lock))
    packages = place(need)
    bin_folder = Path(node.path).parent
    private = (need.root, need.state)
    installed(packages.parent, lambda new: _install(need, node, new), need.announce)
    link(need, packages)
    return Parts(
        words={"node": node.path},
        path=(str(Path(node.path).parent),),
        beside={MODULES: str(packages), MANIFEST: str(need.folder / MANIFEST)},
        versions={"node": node.version} | versions(lock),
        # Of a Node that was brought for them, samples need the program alone.
        libraries=(
            str(packages),
            *([str(bin_folder)] if node.installed else exposure.program(node.path, private)),
        ),
        installed={str(packages.parent): "", **node.installed},
    )


def _install(need: Need, node: runtime.Node, folder: Path) -> None:
    need.announce(f"installing the packages of {need.client.name} ({need.shown(need.lock)}) …")
    for name, data in inputs(need).items():
        (folder / name).write_bytes(data)
    npm(need, node, ["ci"], doing=f"installing what {need.shown(need.lock)} pins", folder=folder)
    (folder / MODULES).mkdir(exist_ok=True)  # npm makes none if nothing is pinned


def npm(need: Need, node: runtime.Node, words: Sequence[str], *, doing: str, folder: Path) -> None:
    """Run npm in a folder, quietly and with the client's own settings.

    Raises:
        HarnessError: It failed.
    """
    own = folder / npmrc.NAME
    if settings := npmrc.settings(need):
        own.write_bytes(settings)
    else:
        own.unlink(missing_ok=True)
    run(
        [*node.npm, *words, *QUIETLY, *SOON],
        doing=doing,
        folder=folder,
        environment=for_npm(node.path, need.root),
    )


def link(need: Need, packages: Path) -> None:
    """Link the packages into the client's folder: Node seeks them only beside a sample's real path.

    Raises:
        HarnessError: A real folder of that name is in the way.
    """
    beside = need.folder / MODULES
    try:
        if os.readlink(beside) == str(packages):  # noqa: PTH115  (every run comes through here)
            return
    except OSError:
        if beside.exists():
            shown = need.shown(MODULES)
            raise HarnessError(
                f"{shown} is a real folder; a link to the pinned packages belongs there",
                f"run: rm -r {shlex.quote(str(shown))}",
            ) from None
    within = files.above(beside, need.shown(MODULES))
    with files.told(beside), Folder(need.folder, within) as place:
        place.link(MODULES, str(packages))
    # Itself too, so that nothing of this is seen.
    files.leave_out_of_git(need.folder, within, f"/.gitignore\n/{MODULES}")


def engines(lock: dict[str, Any]) -> dict[str, str]:
    """By package: the Node versions that it accepts, in npm's words. Nested copies count too."""
    found = {}
    for path, package in lock.items():
        wanted = package.get("engines")
        if isinstance(wanted, dict) and isinstance(wanted.get("node"), str):
            found[path.removeprefix(f"{MODULES}/")] = wanted["node"]
    return found


def versions(lock: dict[str, Any]) -> dict[str, str]:
    """By package: its pinned version. Copies nested in other packages are left out."""
    return {
        _name(path): str(package["version"])
        for path, package in lock.items()
        if path.count(f"{MODULES}/") == 1 and "version" in package
    }


def _name(path: str) -> str:
    return path.rpartition(f"{MODULES}/")[2]
