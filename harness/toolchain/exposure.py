"""What of the machine samples may be shown: installations by their parts, never a person's folder.

A sandbox shows samples what they run with, by the paths that it has outside. What lies in a home, in
the project or in a folder that holds one of them is shown by name alone: the program, and the
libraries that lie where its loader seeks them.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Shown to every sample as it is; `harness.runner.shown` has the same."""
BROAD = frozenset(
    ("/", "/boot", "/dev", "/etc", "/home", "/media", "/mnt", "/opt", "/proc", "/root", "/run")
) | frozenset(("/srv", "/sys", "/tmp", "/Users", "/var", "/var/lib", "/var/tmp"))  # noqa: S108
HOMES = ("/home", "/Users")
SECRET = frozenset(
    (".aws", ".azure", ".docker", ".git", ".gnupg", ".kube", ".m2", ".netrc", ".npmrc", ".ssh")
)
"""What holds keys, as a rule: it is not shown, nor what is in it, nor a folder with one of them in it."""
PARTS = ("bin", "lib", "lib32", "lib64", "libexec", "sbin", "share", "ssl")
"""What an installation consists of. Its settings, which may hold keys, are not among them."""
SHIMS = ("shims", "installs", "plugins", "versions", *PARTS)
"""What a version manager consists of."""
DEEP = 2
"""A home that is `/usr/sbin` or the like is a system user's, and no folder of a person."""
LINKS = 40
"""No system follows more, one after another."""
REMEDY = "install it elsewhere, or put another first on the PATH"


def holds(folder: str, path: str) -> bool:
    """Whether a path is a folder or lies in it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def is_system(path: str) -> bool:
    """Whether every sample is shown this anyway."""
    return any(holds(folder, path) for folder in SYSTEM)


def homes() -> tuple[str, ...]:
    """The user's own folders: the home, by each way to ask for it, and where we keep what is ours."""
    home = os.path.expanduser("~")  # noqa: PTH111
    return _homes(home, os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"))  # noqa: PTH118


@lru_cache
def _homes(home: str, caches: str) -> tuple[str, ...]:
    found = [home, os.path.join(caches, "sampleproof")]  # noqa: PTH118
    try:
        import pwd

        found.append(pwd.getpwuid(os.getuid()).pw_dir)
    except (ImportError, KeyError):
        pass  # a user whom the system does not know
    return tuple(dict.fromkeys(map(os.path.realpath, found)))


def refusal(path: str, private: Iterable[str | Path] = ()) -> str:
    """Why a path must not be shown to samples; empty if it may be.

    Args:
        path: A file or folder.
        private: Folders that no sample may see whole, beside the user's own.
    """
    real = os.path.realpath(path)
    if is_system(real):
        return ""
    if real in BROAD or os.path.dirname(real) in HOMES:  # noqa: PTH120
        return f"{real} is no installation"
    if found := SECRET.intersection(real.split("/")):
        return f"{real} is in {min(found)}, where keys are"
    for one in (*homes(), *map(os.path.realpath, private)):
        if holds(real, one):
            return f"{real} holds {one}"
    for name in sorted(SECRET):
        if os.path.lexists(os.path.join(real, name)):  # noqa: PTH118
            return f"{real} holds {name}"
    return ""


def is_real(base: str | Path, folder: str | Path) -> bool:
    """Whether a folder lies in another, and no link leads out of it on the way."""
    real = os.path.realpath(base)
    for start in (os.path.abspath(base), real):  # noqa: PTH100
        way = os.path.relpath(folder, start)
        if way != "." and not way.startswith(".."):
            return os.path.realpath(folder) == os.path.join(real, way)  # noqa: PTH118
    return False


def check(path: str, private: Iterable[str | Path] = ()) -> str:
    """A path that may be shown.

    Raises:
        HarnessError: It may not.
    """
    if why := refusal(path, private):
        raise HarnessError(f"samples need {path}, and must not be shown it: {why}", REMEDY)
    return path


def program(path: str, private: Iterable[str | Path] = ()) -> list[str]:
    """What to show of a program: itself, by each of its names, and what is installed with it.

    Raises:
        HarnessError: It must not be shown.
    """
    *_, real = every = links(path)
    shown = [check(one, private) for one in every if not is_system(one)]
    folder = os.path.dirname(real)  # noqa: PTH120
    if os.path.basename(folder) in {"bin", "shims"}:  # noqa: PTH119
        names = SHIMS if folder.endswith("/shims") else PARTS
        shown += parts(os.path.dirname(folder), private, names)  # noqa: PTH120
    return list(dict.fromkeys(shown))


def links(path: str) -> list[str]:
    """A file's names: its path, what that leads to if it is a link, and at last its real one."""
    found = [path]
    while os.path.islink(found[-1]) and len(found) < LINKS:  # noqa: PTH114
        folder = os.path.dirname(found[-1])  # noqa: PTH120
        found.append(os.path.normpath(os.path.join(folder, os.readlink(found[-1]))))  # noqa: PTH115, PTH118
    return list(dict.fromkeys((*found, os.path.realpath(path))))


def parts(
    prefix: str, private: Iterable[str | Path] = (), names: Iterable[str] = PARTS
) -> list[str]:
    """What to show of an installation: its parts, or of a person's own folder the shared libraries.

    Args:
        prefix: The folder that has `bin` and `lib` in it.
        private: As `refusal` has it.
        names: What it can consist of.
    """
    if is_system(os.path.realpath(prefix)):
        return []
    if _is_somebodys(prefix, private):
        places = [Path(prefix, name) for name in ("lib", "lib64")]
        found = [str(one) for place in places for one in sorted(place.glob("lib*.so*"))]
    else:
        found = [one for name in names if os.path.isdir(one := f"{prefix}/{name}")]  # noqa: PTH112
    return [one for one in found if not refusal(one, private)]


def _is_somebodys(prefix: str, private: Iterable[str | Path]) -> bool:
    """Whether a folder has `bin` and `lib` in it for whatever its owner puts there."""
    real = os.path.realpath(prefix)
    own = {os.path.join(home, ".local") for home in homes()}  # noqa: PTH118
    if real in own or os.path.basename(real) == ".local":  # noqa: PTH119
        return True
    why = refusal(real, private)
    return bool(why) and not os.path.isdir(os.path.join(real, "shims"))  # noqa: PTH112, PTH118
