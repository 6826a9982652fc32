"""What git has of a project: which files it knows, and how they are in what will be committed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError, invalid
from harness.toolchain.environment import GIT, common
from harness.toolchain.path import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PAGES = ("*.md", "*.mdx", "*.markdown")

PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR")
"""Variables by which git tells its hooks where things are: paths from the folder it started them in."""

MOST_FILES = 200_000
"""Of a folder that no repository keeps."""

CALM = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""For git: a repository may have come with a configuration, which starts no programs here."""

QUIET = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
"""Nothing is fetched and nobody asked."""

FILTERS = r"^filter\..*\.(clean|smudge|process)$"

STARTING = (
    r"^(filter\..*\.(clean|smudge|process)|credential(\..*)?\.helper"
    r"|core\.(sshcommand|askpass|gitproxy|alternaterefscommand)"
    r"|gpg(\..*)?\.(program|defaultkeycommand))$"
)
"""Settings that name programs which a commit or a push starts."""

USUAL = {
    "core.sshcommand": "ssh",
    "gpg.program": "gpg",
    "gpg.openpgp.program": "gpg",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.x509.program": "gpgsm",
}
"""What git starts where nobody has said; nothing, of all others."""

NOT_WALKED = {"node_modules", "build", "dist", "venv", "site-packages"}


class Repository:
    """The git repository that a project is in."""

    def __init__(self, root: Path) -> None:
        """Read the names of the files that git knows.

        Args:
            root: The project's.

        Raises:
            HarnessError: Git does not answer.
        """
        self._root = root
        self._known = set(self._names("ls-files"))

    def knows(self, path: str) -> bool:
        """Whether a file would be in a clone; also one behind a link, or in a submodule.

        Args:
            path: From the project's root.
        """
        place = PurePosixPath(path)
        return any(str(one) in self._known for one in (place, *place.parents))

    def pages(self) -> list[Path]:
        """Every page that git knows."""
        names = sorted(name for name in self._known if any(map(PurePosixPath(name).match, PAGES)))
        return _once(self._root, (self._root / name for name in names))

    def unstaged(self) -> set[str]:
        """Files that are not on the disk as they are in the index, which is what will be committed.

        Raises:
            HarnessError: Git does not answer.
        """
        how = ("--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty")
        return set(
            self._names("diff", "--name-only", "--relative", *how, calm=self.own_settings(FILTERS))
        )

    def own_settings(self, which: str) -> list[tuple[str, str]]:
        """The user's own settings, to be put over those that the repository brings.

        Args:
            which: A pattern of their names, as git reads it.

        Raises:
            HarnessError: Git does not answer.
        """
        told = self._names("config", "--show-scope", "--get-regexp", which, none=1)
        own: dict[str, list[str]] = {}
        brought: dict[str, str] = {}
        for scope, entry in zip(told[::2], told[1::2], strict=False):
            name, _, value = entry.partition("\n")
            if scope in {"global", "system"}:
                own.setdefault(name, []).append(value)
                continue
            brought[name] = USUAL.get(name, "")
            if name.startswith("filter."):
                brought[f"{name.rpartition('.')[0]}.required"] = "false"
        found = []
        for name, usual in brought.items():  # of several helpers, an empty one ends those before it
            found += [(name, usual), *((name, value) for value in own.get(name, ()))]
        return found

    def staged_pages(self, word: str) -> set[str]:
        """Pages with a word in them, as they are in the index.

        Raises:
            HarnessError: Git does not answer.
        """
        found = self._names("grep", "--cached", "-l", "-F", "-e", word, "--", *PAGES, none=1)
        return set(found)

    def _names(
        self, verb: str, *words: str, none: int = 0, calm: Sequence[tuple[str, str]] = ()
    ) -> list[str]:
        """What git lists.

        Args:
            verb: The command of git.
            words: What follows.
            none: The exit code that says that there is nothing to list.
            calm: What to put over its configuration.
        """
        here = {name: os.environ[name] for name in PLACES if os.environ.get(name)}
        moved = {name: str(Path.cwd() / place) for name, place in here.items()}
        git = find("git", self._root) or "git"
        try:
            done = subprocess.run(
                [git, "--no-optional-locks", *CALM, verb, "-z", *words],
                cwd=self._root,
                env={**over(common(*GIT, root=self._root), calm), **QUIET, **moved},
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise HarnessError(
                f"{self._root} is in a git repository, and git cannot be called: {error.strerror}",
                "install git, or put it on PATH",
            ) from error
        if done.returncode not in {0, none}:
            raise _refusal(self._root, done.stderr.decode("utf-8", "replace"))
        names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
        return [name for name in names if name]


def over(environment: Mapping[str, str], calm: Sequence[tuple[str, str]]) -> dict[str, str]:
    """An environment in which git has something put over its configuration."""
    count = int(environment.get("GIT_CONFIG_COUNT") or 0)
    added = {"GIT_CONFIG_COUNT": str(count + len(calm))}
    for number, (name, value) in enumerate(calm, start=count):
        added |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return {**environment, **added}


def repository(root: Path) -> Repository | None:
    """The repository that a project is in; `None` if it is in none, which needs no git to tell.

    Raises:
        HarnessError: Git does not answer.
    """
    above = any(os.path.lexists(folder / ".git") for folder in (root, *root.parents))
    return Repository(root) if above or os.environ.get("GIT_DIR") else None


def pages_on_disk(root: Path) -> list[Path]:
    """Every page in a folder that no repository keeps, but none in what was installed or built.

    Raises:
        InvalidError: The folder has more in it than a project has.
    """
    found: list[Path] = []
    number = 0
    for place, folders, files in os.walk(root):
        folders[:] = sorted(one for one in folders if one[0] != "." and one not in NOT_WALKED)
        number += len(folders) + len(files)
        if number > MOST_FILES:
            hint = "keep the project in a folder, or a git repository, of its own"
            raise invalid(f"{root} has more than {MOST_FILES:,} files in it", hint=hint)
        names = [name for name in sorted(files) if any(map(PurePosixPath(name).match, PAGES))]
        # What an editor puts beside a page, as a link to nowhere, is none.
        paths = (Path(place, name) for name in names)
        found += [path for path in paths if path.name[0] != "." or path.is_file()]
    return _once(root, found)


def _once(root: Path, paths: Iterable[Path]) -> list[Path]:
    """What is there, but no folder of the project, and no link to another that is among them.

    Such a link is the same page. What is no file is for its reader to refuse.
    """
    base = os.path.realpath(root)
    there = [path for path in paths if os.path.lexists(path) and not _is_folder(path, base)]
    files = {os.path.realpath(path) for path in there if not path.is_symlink()}
    return [path for path in there if not path.is_symlink() or os.path.realpath(path) not in files]


def _is_folder(path: Path, base: str) -> bool:
    """Whether a path is a folder, or a link to one in the project."""
    return path.is_dir() and (
        not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(base)
    )


def _refusal(root: Path, said: str) -> HarnessError:
    """Git's own words, and the command that it proposes."""
    lines = [line for line in said.splitlines() if line.strip()]
    proposed = [line.strip() for line in lines if line.startswith("\t")]
    fatal = next((line for line in lines if line.startswith("fatal: ")), "".join(lines[:1]))
    reason = fatal.removeprefix("fatal: ") or "it does not say why"
    return HarnessError(
        f"git does not tell what it knows of {root}: {reason}",
        "; ".join(proposed) or f"see what is wrong with: git -C {root} status",
    )
