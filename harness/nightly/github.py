"""GitHub, through its own command line: issues and pull requests of the repository this is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.model.problem import HarnessError
from harness.model.redactor import redacted
from harness.nightly.issue import LABEL, Issue
from harness.toolchain.environment import GIT, common
from harness.toolchain.path import find
from harness.toolchain.tool import run

if TYPE_CHECKING:
    from pathlib import Path

    from harness.nightly.issue import Step

SECONDS = 120.0
MOST = "200"
"""Open issues that are looked at."""


class Number(msgspec.Struct, frozen=True):
    """What names a pull request."""

    number: int


class GitHub:
    """The repository on GitHub that a folder is a clone of."""

    def __init__(self, folder: Path) -> None:
        """Take a clone.

        Raises:
            HarnessError: GitHub's command line is not there.
        """
        self._folder = folder
        program = find("gh", folder)
        if program is None:
            raise HarnessError(
                "gh is not on the PATH: GitHub's command line, which keeps the issues",
                "install it, or leave this to a runner of GitHub's, which has it",
            )
        self._program = program

    def _gh(self, *arguments: str, doing: str) -> str:
        return run(
            [self._program, *map(redacted, arguments)],
            doing=doing,
            environment=common(*GIT, root=self._folder),
            timeout=SECONDS,
            folder=self._folder,
        )

    def issues(self) -> list[Issue]:
        """The open issues that nightly runs have opened.

        Raises:
            HarnessError: GitHub did not tell.
        """
        wanted = ("--label", LABEL, "--state", "open", "--limit", MOST)
        found = self._gh(
            "issue", "list", *wanted, "--json", "number,title,body", doing="reading the issues"
        )
        return msgspec.json.decode(found, type=list[Issue])

    def take(self, step: Step) -> None:
        """Do what is to be done about an issue.

        Raises:
            HarnessError: GitHub did not take it.
        """
        number, doing = str(step.number), f"writing the issue of {step.cause}"
        if step.do == "open":
            about = ("--description", "What nightly runs of the samples show", "--color", "B60205")
            self._gh("label", "create", LABEL, "--force", *about, doing="making the label")
            text = ("--title", step.title, "--body", step.body, "--label", LABEL)
            self._gh("issue", "create", *text, doing=doing)
        elif step.do == "update":
            self._gh("issue", "edit", number, "--body", step.body, doing=doing)
            self._gh("issue", "comment", number, "--body", step.comment, doing=doing)
        elif step.do == "close":
            self._gh("issue", "close", number, "--comment", step.comment, doing=doing)

    def propose(self, branch: str, title: str, body: str) -> None:
        """Open a pull request for a branch, or bring the open one up to date.

        Raises:
            HarnessError: GitHub did not take it.
        """
        doing = "proposing the recordings"
        wanted = ("--head", branch, "--state", "open", "--json", "number")
        found = msgspec.json.decode(self._gh("pr", "list", *wanted, doing=doing), type=list[Number])
        text = ("--title", title, "--body", body)
        if found:
            self._gh("pr", "edit", str(found[0].number), *text, doing=doing)
        else:
            self._gh("pr", "create", "--head", branch, *text, doing=doing)
