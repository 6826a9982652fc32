"""The environment in which Python samples run: made by uv, apart from the harness's own."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import platform
import sys
import sysconfig
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError
from harness.toolchain import exposure, requirements
from harness.toolchain.environment import common
from harness.toolchain.manifest import listed
from harness.toolchain.need import Parts, fingerprint, identity
from harness.toolchain.state import installed
from harness.toolchain.tool import run
from harness.toolchain.uv import uv, wheels_only

if TYPE_CHECKING:
    from pathlib import Path

    from harness.toolchain.manifest import File
    from harness.toolchain.need import Need

PYTHON = "bin/python"
PACKAGES = "lib/*/site-packages"
PINNED = "pinned.txt"
"""The lock as it is given to uv."""


def key(need: Need) -> str:
    """Changes whenever another environment would be made."""
    base = identity(os.path.realpath(sys.executable))
    return fingerprint(need.read(need.lock), sys.version, sys.base_prefix, base)


def place(need: Need) -> Path:
    """Where the environment is, or will be."""
    return need.toolchains / "python" / key(need)[:16]


def in_place(need: Need) -> dict[str, str]:
    """The versions of the packages in the environment, which has been made already."""
    return _versions(place(need))


def provide(need: Need) -> Parts:
    """The environment, with exactly the packages that the lock pins.

    Raises:
        HarnessError: It could not be made.
        InvalidError: The lock cannot be read.
    """
    folder = installed(place(need), lambda new: _install(need, new), need.announce)
    return Parts(
        words={"python": str(folder / PYTHON)},
        path=(str(folder / "bin"),),
        versions={"python": platform.python_version()} | _versions(folder),
        libraries=(str(folder), *_base((need.root, need.state))),
        installed={str(folder): ""},
    )


def _base(private: tuple[Path, ...]) -> list[str]:
    """What to show of the Python that an environment is made from.

    Raises:
        HarnessError: It must not be shown.
    """
    base: str = getattr(sys, "_base_executable", sys.executable)
    library = sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix})
    needed = [one for one in (*exposure.links(base), library) if not exposure.is_system(one)]
    found = exposure.parts(sys.base_prefix, private)
    # As a rule they are in there.
    alone = [one for one in needed if not any(exposure.holds(part, one) for part in found)]
    return [*found, *(exposure.check(one, private) for one in alone)]


def _versions(folder: Path) -> dict[str, str]:
    """By package: the version that is in an environment, none of whose code is run to tell."""
    from importlib.metadata import distributions

    from packaging.utils import canonicalize_name

    found = distributions(path=[str(one) for one in folder.glob(PACKAGES)])
    return {canonicalize_name(one.name): one.version for one in found if one.name}


def _install(need: Need, folder: Path) -> None:
    lock = requirements.pins(need)
    need.announce(f"installing the packages of {need.client.name} ({need.shown(need.lock)}) …")
    pinned = folder / PINNED
    doing = f"installing what {need.shown(need.lock)} pins"
    # Copied, since a file that is linked to uv's cache is everybody's, and so is its damage.
    fill = ["pip", "install", "--require-hashes", "--link-mode", "copy", *wheels_only()]
    into = ["--python", str(folder / PYTHON), "-r", str(pinned)]
    wrong = ""
    for anew in ([], ["--no-cache"]):  # uv looks at no file again that is in its cache
        made = _make(need, folder)
        pinned.write_text("".join(f"{pin}\n" for pin in lock), "utf-8")
        uv([*fill, *anew, *into], doing=doing)
        if not (made <= set(listed(str(folder)))):
            raise HarnessError(f"failed: {doing}; a package replaces a part of the environment")
        wrong = altered(folder)
        if not wrong:
            break
    else:
        raise HarnessError(
            f"failed: {doing}; {wrong} is not what its package says that it is",
            "look at the package index, then run it again",
        )
    _compile(need, folder)


def _make(need: Need, folder: Path) -> set[File]:
    """Make an environment without packages, in place of one that is there.

    Returns:
        What lies in it.
    """
    # Relocatable, since it is renamed when it is finished.
    make = ["venv", "--no-project", "--relocatable", "--clear"]
    doing = f"making a Python environment for {need.client.name}"
    uv([*make, "--python", sys.executable, str(folder)], doing=doing)
    return set(listed(str(folder)))


def _compile(need: Need, folder: Path) -> None:
    """Compile the modules, which no sample may.

    Not by the environment's own Python as uv would: that runs what packages have put into `.pth` files.
    """
    code = "import compileall, sys; compileall.compile_dir(sys.argv[1], quiet=2, workers=0)"
    for packages in folder.glob(PACKAGES):
        run(
            [sys.executable, "-I", "-S", "-c", code, packages],
            doing=f"compiling the packages of {need.client.name}",
            environment=common(),
        )


def altered(folder: Path) -> str:
    """A file in an environment that is not what its package lists, if there is one.

    Source: the specification "Recording installed projects" (PyPA).
    """
    for record in sorted(folder.glob(f"{PACKAGES}/*.dist-info/RECORD")):
        with record.open(encoding="utf-8", newline="") as lines:
            listed = [line for line in csv.reader(lines) if len(line) > 1 and line[1]]
        for name, given, *_ in listed:
            kind, _, digest = given.partition("=")
            path = record.parent.parent / name
            if not path.resolve().is_relative_to(folder.resolve()):
                return name
            try:
                total = hashlib.new(kind, path.read_bytes()).digest()
            except (OSError, ValueError):
                return name
            if base64.urlsafe_b64encode(total).decode().rstrip("=") != digest:
                return name
    return ""
