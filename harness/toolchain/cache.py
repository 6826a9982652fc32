"""The user's cache folder, in which everything lies that is made for projects.

    sampleproof/              the user's cache folder, or what SAMPLEPROOF_CACHE_DIR names
      projects/NAME-HASH/     the state of one project, by its place
        root                  that place
        cache/ live/ ready/ recorded/ runs/ tls/ …
      toolchains/             what was installed, by a hash of what it is made from, for all projects
      bundled/                the project that comes with the package, copied

Nothing of it lies in a project: whoever can commit a file there could plant what is believed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.model import private
from harness.model.files import keep
from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = "SAMPLEPROOF_CACHE_DIR"
NAME = "sampleproof"

FORMAT = "1"
"""Of what is installed, and how it is noted: versions of this program share what has the same."""

OURS = ("projects", "toolchains", "bundled")
"""What is in the cache folder: nothing else is ever removed."""

ROOT = "root"
"""The file that tells whose state it is."""

SHORT = 40
"""Characters of a project's own name in that of its state."""

SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by sampleproof: https://bford.info/cachedir/\n"
"""Tells programs that make backups that they can leave the folder out."""


def place(environment: Mapping[str, str]) -> Path:
    """Where the user's cache folder is, or will be.

    Source: the XDG Base Directory Specification, and what platformdirs does on macOS.

    Raises:
        HarnessError: Nothing tells.
    """
    if named := environment.get(VARIABLE, "").strip():
        return Path(os.path.abspath(Path(named).expanduser()))  # noqa: PTH100
    usual = environment.get("XDG_CACHE_HOME", "").strip()
    if not os.path.isabs(usual):  # noqa: PTH117  (a relative one is not valid, says the source)
        usual = os.path.expanduser(  # noqa: PTH111
            "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
        )
    if not os.path.isabs(usual):  # noqa: PTH117
        raise HarnessError("you have no home folder, and so no cache", private.ELSEWHERE)
    return Path(usual, NAME)


def cache_folder() -> Path:
    """The user's cache folder, whether it is there or not.

    Raises:
        HarnessError: It is somebody else's, or others may write in it.
    """
    folder = place(os.environ)
    with suppress(OSError):
        # A link is followed: what the user's environment names is the user's own.
        about = os.stat(folder)  # noqa: PTH116
        private.check_owner(folder, about)
    return folder


def made_cache() -> Path:
    """The user's cache folder, made if it is not there.

    Raises:
        HarnessError: It is somebody else's, or cannot be made.
    """
    folder = cache_folder()
    if folder.is_dir():
        return folder
    _check_home(folder)
    private.make(folder)
    keep(folder / "CACHEDIR.TAG", SIGNATURE)
    keep(folder / ".gitignore", b"*\n")
    return folder


def _check_home(folder: Path) -> None:
    """Make sure that the superuser makes nothing in somebody else's home.

    Raises:
        HarnessError: It would: by `sudo`, as a rule.
    """
    there = os.path.exists  # Path's raises where nobody may look
    above = next(one for one in folder.parents if there(one))
    owner = above.stat().st_uid
    if os.geteuid() == 0 != owner:
        raise HarnessError(
            f"{folder} would be the superuser's, in a folder of another user (number {owner})",
            f"run it without sudo, or {private.ELSEWHERE}",
        )


def state_folder(root: Path) -> Path:
    """Where a project's state is kept, whether it is there or not.

    Args:
        root: The project's root. By whatever links it is named, its real path counts.

    Raises:
        HarnessError: What is there is not this user's alone.
    """
    folder = cache_folder() / "projects" / state_name(os.path.realpath(root))
    if private.check(folder.parent) and private.check(folder):
        private.check_within(folder)
    return folder


def state_name(root: str) -> str:
    """What a project's state is called: by its name, so that people find it, and by its place."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", os.path.basename(root))[:SHORT]  # noqa: PTH119
    return f"{plain or '_'}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:16]}"


def made_state(root: Path) -> Path:
    """Where a project's state is kept, made if it is not there.

    Raises:
        HarnessError: It cannot be made, or what is there is not this user's alone.
    """
    base, folder = made_cache(), state_folder(root)
    if not folder.is_dir():
        for one in (base / "projects", folder):
            private.make(one)
        keep(folder / ROOT, os.fsencode(os.path.realpath(root)))
    tools = toolchains(folder)
    for one in (tools.parent, tools):
        private.make(one)
    private.check_within(tools)
    return folder


def toolchains(state: Path) -> Path:
    """Where what was installed lies, for all projects: found by a hash of what it is made from."""
    return state.parent.parent / "toolchains" / FORMAT


class Kept(msgspec.Struct, frozen=True):
    """The state of a project."""

    folder: Path
    root: Path | None
    """The project, if that is known."""

    @property
    def gone(self) -> bool:
        """Whether there is no such project any more."""
        return self.root is not None and not self.root.exists()


def states() -> Iterator[Kept]:
    """Every project's state.

    Raises:
        HarnessError: The cache folder is not this user's alone.
    """
    around = cache_folder() / "projects"
    if not private.check(around):
        return
    for folder in sorted(around.iterdir()):
        root = None
        with suppress(OSError):
            root = Path(os.fsdecode((folder / ROOT).read_bytes()))
        if root is not None and state_name(str(root)) == folder.name and not folder.is_symlink():
            yield Kept(folder, root)


def forget_gone() -> list[Kept]:
    """Remove the state of projects that are no longer there; tells which.

    Raises:
        HarnessError: It cannot be removed.
    """
    gone = [one for one in states() if one.gone and not _is_held(one.folder / "runs")]
    for one in gone:
        _remove(one.folder)
    return gone


def forget_all() -> Path:
    """Remove all that is kept for any project, with all that was installed; tells where that was.

    Raises:
        HarnessError: Samples are running, something is being installed, or it cannot be removed.
    """
    folder = cache_folder()
    for place in (*folder.glob("projects/*/runs"), *folder.glob("toolchains/*/*")):
        if _is_held(place):
            message = f"something runs that needs what is in {place}"
            raise HarnessError(message, "wait until it has ended, then run it again")
    for name in OURS:
        _remove(folder / name)
    return folder


def _is_held(folder: Path) -> bool:
    """Whether somebody holds a lock on something in a folder: a call that runs, or installs."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            try:
                handle = os.open(entry.path, flags)
            except OSError:
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(handle)
    return False


def _remove(folder: Path) -> None:
    try:
        private.remove(folder)
    except OSError as error:
        # The name that the error has is that within some folder below.
        raise HarnessError(
            f"{folder} cannot be removed: {error.filename}: {error.strerror}",
            "make all that is in it writable for you",
        ) from error
