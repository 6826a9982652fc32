"""The commands in messages, as the user can type them.

Messages name commands in one form, `sampleproof VERB …`: whoever writes them cannot know how this
program was called. Whoever prints them for people has them put into the words that work here. What
is kept, as in reports, or read elsewhere, as on GitHub, stays as it is.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

NAME = "sampleproof"

COMMAND = re.compile(rf"(?<![\w./-]){NAME} ((?:(?:cache|docs|nightly|report) )?[a-z]+\b)")
"""With its verb, which is two words where the first names a group of verbs. A folder of that name, as
a clone's is, is no command."""


DEMO_VERBS = {"list", "run", "serve", "doctor"}
"""Those that take the samples of the package, too."""


def as_typed(text: str, project: Path | None = None) -> str:
    """A text with its commands as the user can type them.

    Args:
        text: Holds commands in the form `sampleproof VERB …`.
        project: The project that the user named, if it is not the one that this folder is in.
    """

    def put(found: re.Match[str]) -> str:
        # Looked up only now: most lines name no command, and `serve` prints one for each request.
        call, verb = shlex.join(_program()), found[1]
        if project is None:
            return f"{call} {verb}"
        if verb in DEMO_VERBS and project == _demo():
            return f"{call} {verb} --demo"
        return f"{call} {verb} --project {shlex.quote(str(project))}"

    return COMMAND.sub(put, text)


def _demo() -> Path:
    from harness.model.root import demo

    return demo()


def _program() -> list[str]:
    typed = Path(sys.argv[0])
    if typed.name != NAME:  # `python -m harness`, or another program that has us inside: pytest
        return [os.path.relpath(sys.executable), "-m", "harness"]
    found = shutil.which(NAME)
    on_path = found is not None and os.path.realpath(found) == os.path.realpath(typed)
    return [NAME if on_path else os.path.relpath(typed)]
