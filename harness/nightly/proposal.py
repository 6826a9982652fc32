"""New recordings, proposed as a pull request: a branch of their own, and what they change."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from harness.model.escape import code_block, code_span, cut, one_line
from harness.model.problem import invalid
from harness.pages.git_files import CALM, STARTING, Repository, over
from harness.report.words import number
from harness.toolchain.environment import GIT, UV, common
from harness.toolchain.tool import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.nightly.github import GitHub
    from harness.record.changes import Kind
    from harness.record.shelf import Offered

BRANCH = "sampleproof/recordings"

WORTH: frozenset[Kind] = frozenset({"exchanges", "status", "shape", "headers"})
"""Changes that say something of the endpoint. A wording, a count of tokens and where an answer is
cut are others each time it is asked."""

TITLE, CHANGES, LARGEST = 250, 10_000, 50_000
"""Characters of a title, of what changes in one recording, and of all of that."""

IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "sampleproof"), ("EMAIL", "sampleproof@localhost"))
}
"""Who commits where nobody has said."""

PROTOCOLS = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh"}
"""Ways to push that start no program of a repository's choice, where the user has not said which."""
RECEIVING = "--receive-pack=git-receive-pack"


def worth(offered: Iterable[Offered]) -> list[Offered]:
    """The recordings that somebody should look at."""
    return [one for one in offered if any(change.kind in WORTH for change in one.changes)]


class Clone:
    """The project's clone, as git has it."""

    def __init__(self, root: Path) -> None:
        """Take a clone in which nothing has been changed.

        Raises:
            HarnessError: It is no clone, or git is not there.
            InvalidError: Something has been changed.
        """
        self._root = root
        self._own = Repository(root).own_settings(STARTING)
        changed = self._git("status", "--porcelain", "--untracked-files=no")
        if changed:
            raise invalid(
                f"{changed.splitlines()[0][3:]} has been changed, and would be proposed as well",
                hint="commit or stash what has been changed",
            )

    def _git(self, *arguments: str) -> str:
        return run(
            ["git", *CALM, *arguments],
            doing=f"git {arguments[0]}",
            timeout=300.0,
            folder=self._root,
            environment=IDENTITY | PROTOCOLS | over(common(*GIT, root=self._root), self._own),
        )

    def publish(self, command: str) -> None:
        """Bring up to date all that follows from recordings.

        Raises:
            HarnessError: The command failed.
        """
        if command:
            doing = f"bringing up to date what follows from the recordings: {command}"
            run(
                shlex.split(command),
                doing=doing,
                environment=common(*GIT, *UV, "npm_config_*"),
                folder=self._root,
            )

    def push(self, message: str) -> None:
        """Commit everything to the branch, and push that; the branch that was there comes back.

        Raises:
            HarnessError: git refuses.
        """
        self._git("switch", "--quiet", "--force-create", BRANCH)
        try:
            self._git("add", "--update")
            self._git("add", "samples")
            self._git("commit", "--quiet", "--message", message)
            self._git("push", "--quiet", "--force", RECEIVING, "origin", BRANCH)
        finally:
            self._git("switch", "--quiet", "-")


def propose(
    clone: Clone, github: GitHub, taken: Sequence[Offered], endpoint: str, command: str
) -> None:
    """Propose recordings that have been taken.

    Args:
        clone: The project's.
        github: Where it is proposed.
        taken: The recordings, with what they change.
        endpoint: What was recorded.
        command: Brings up to date what follows from them; empty for nothing.

    Raises:
        HarnessError: That command, git or GitHub refuses.
    """
    clone.publish(command)
    names = ", ".join(one.scenario for one in taken)
    title = cut(one_line(f"Recordings of {endpoint}: {names}"), TITLE, "…")
    clone.push(title)
    github.propose(BRANCH, title, _body(taken, endpoint, command))


def _body(taken: Sequence[Offered], endpoint: str, command: str) -> str:
    """What others have said stands in it as code alone, where nothing is a link, a mention or a mark."""
    named = code_span(endpoint)
    parts = [f"What {named} answers now, and what is different from the recordings so far."]
    ran = f"{code_span(command)} has run with them, and all that it changes is in here."
    room = LARGEST
    for place, one in enumerate(taken):
        changes = "\n".join(f"{change.kind}: {change.message}" for change in one.changes)
        text = f"### {one_line(one.scenario)}\n\n{code_block(cut(changes, CHANGES, '… the rest is in the files'))}"
        room -= len(text)
        if room < 0:
            parts.append(f"{number(len(taken) - place, 'more scenario')}: see the files.")
            break
        parts.append(text)
    return "\n\n".join([*parts, *([ran] if command else [])]) + "\n"
