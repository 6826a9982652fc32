"""The newest packages: those that a reader gets who types a client's install command today.

The command is resolved anew and pinned in a folder of its own. From there on they are installed and
found like any other client's packages, beside those that the project pins.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.model.problem import InvalidError, Problem
from harness.toolchain import node as runtime
from harness.toolchain import packages
from harness.toolchain.need import Need
from harness.toolchain.npm_lock import read_lock, read_manifest
from harness.toolchain.state import writing
from harness.toolchain.uv import uv, wheels_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model.client import Client

INSTALLS = {
    "python": re.compile(r"\bpip3? install (.+)"),
    "node": re.compile(r"\bnpm install (.+)"),
}
"""By kind of toolchain: how readers are told to install."""

NAMED = {
    "python": re.compile(
        r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._, -]+\])?([=<>!~]=?[A-Za-z0-9.*+!_,=<>~-]+)?"
    ),
    "node": re.compile(
        r"(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*(@[0-9A-Za-z^~<>=][0-9A-Za-z.^~<>=-]*)?"
    ),
}
"""By kind of toolchain: how a package is named, without a place that it would come from."""

READ = ("name", "type", "imports", "exports")
"""What Node itself reads in a `package.json`."""


def pin_newest(
    client: Client,
    root: Path,
    state: Path,
    announce: Callable[[str], None],
    node: str | None = None,
) -> Client | None:
    """The client with its newest packages pinned; `None` if it has no packages.

    Args:
        client: The client.
        root: The project, as `harness.toolchain.state.workspace` gives it.
        state: Where toolchains are kept.
        announce: Told of what takes long.
        node: The Node version to use, whatever is on PATH.

    Raises:
        InvalidError: `client.yaml` does not say how to install them.
        HarnessError: A package index could not be asked.
    """
    if client.toolchain.lock is None:
        return None
    names = _named(client)
    folder = (root / client.file).parent
    need = Need(client=client, root=root, folder=folder, state=state, announce=announce, node=node)
    announce(f"looking for the newest packages of {client.name} …")
    folder = state / "newest" / client.name
    with writing(folder):
        if client.toolchain.kind == "python":
            _pin_python(need, names, folder)
        else:
            _pin_node(need, names, folder)
    return msgspec.structs.replace(client, file=str(folder / Path(client.file).name))


def _named(client: Client) -> list[str]:
    """The packages that the install command names."""
    found = INSTALLS[client.toolchain.kind].search(client.install)
    names = [word for word in shlex.split(found[1]) if not word.startswith("-")] if found else []
    for name in names:
        if not NAMED[client.toolchain.kind].fullmatch(name):
            message = f"expected the name of a published package; received {name!r}"
            raise InvalidError([Problem(file=client.file, field="install", message=message)])
    if names:
        return names
    tool = "pip install" if client.toolchain.kind == "python" else "npm install"
    problem = Problem(
        file=client.file,
        field="install",
        message=f"expected a line with `{tool} NAME`, to look for the newest; received {client.install!r}",
    )
    raise InvalidError([problem])


def _pin_python(need: Need, names: list[str], folder: Path) -> None:
    asked = folder / "asked.in"
    asked.write_text("\n".join(names) + "\n", "utf-8")
    compiling = ["pip", "compile", "--generate-hashes", "--no-header", "--upgrade", *wheels_only()]
    into = ["--python", sys.executable, "--output-file", str(folder / need.lock)]
    doing = f"looking for the newest packages of {need.client.name}"
    uv([*compiling, *into, str(asked)], doing=doing)


def _pin_node(need: Need, names: list[str], folder: Path) -> None:
    program = runtime.find_node(need, packages.engines(read_lock(need)))
    about = {name: value for name, value in read_manifest(need).items() if name in READ}
    (folder / "package.json").write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    (folder / need.lock).unlink(missing_ok=True)
    words = ["install", "--package-lock-only", "--save-exact", "--omit-lockfile-registry-resolved"]
    words += [name if "@" in name[1:] else f"{name}@latest" for name in names]
    doing = f"looking for the newest packages of {need.client.name}"
    packages.npm(need, program, words, doing=doing, folder=folder)
