"""What can go wrong, and whose fault it is: the user's (`Problem`) or ours (`HarnessError`)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from harness.model.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that is wrong in a file or a call, said so that it can be mended at once."""

    file: str
    """Path as the user would type it; empty if the fault is in the call itself."""
    line: int = 0
    """Counted from 1; 0 if the fault concerns the file as a whole."""
    field: str = ""
    """Where in the data: `messages[1].role`."""
    message: str
    hint: str = ""
    """What to do about it, if that does not follow from the message."""

    def __str__(self) -> str:
        file = one_line(self.file)
        place = f"{file}:{self.line}" if self.line else file
        text = ": ".join(part for part in (place, one_line(self.field), self.message) if part)
        return f"{text}\n  {self.hint}" if self.hint else text


SHOWN = 20
"""Problems of one file that are told: nobody reads more of them at once."""


class InvalidError(Exception):
    """The call or a project file is invalid: exit code 2. Carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.told())))

    def told(self) -> Iterator[Problem]:
        """The first problems of each file, and how many more it has."""
        for file, found in groupby(self.problems, key=lambda problem: problem.file):
            own = list(found)
            yield from own[:SHOWN]
            if len(own) > SHOWN:
                yield Problem(file=file, message=f"and {len(own) - SHOWN:,} more")


class HarnessError(Exception):
    """The harness or a toolchain could not do its work: exit code 3, never a sample's fault."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        """What the user can do about it: a command, as a rule."""
        super().__init__(f"{message}\n  {remedy}" if remedy else message)


def invalid(message: str, *, hint: str = "") -> InvalidError:
    """An invalid call, as opposed to an invalid file."""
    return InvalidError([Problem(file="", message=message, hint=hint)])
