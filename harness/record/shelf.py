"""Where recordings are kept: none is written that has secrets, and none replaced unasked.

A recording that would replace another waits beside the project's other state until it is accepted,
so that what is accepted is what was looked at.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from harness.model import build
from harness.model.dump import dump
from harness.model.files import read, replace
from harness.model.loader import field_name
from harness.model.problem import HarnessError, InvalidError, Problem
from harness.model.recording import UnreadableError
from harness.record.changes import Change, changes
from harness.record.sanitize import ids_of, sanitized
from harness.record.scan import beside, suspects, told_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.model.project import Project
    from harness.model.recording import Exchange, Recording
    from harness.record.rules import Rules

State: TypeAlias = Literal["new", "same", "waiting", "replaced"]

MEND = "add a sanitizer that replaces it to samples/sanitizers.yaml, or say there, under 'allow', why it is none"


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a recording."""

    scenario: str
    state: State
    changes: tuple[Change, ...] = ()


class Shelf:
    """The recordings of a project, and those that wait."""

    def __init__(self, root: Path, state: Path, project: Project, rules: Rules) -> None:
        """Open it.

        Args:
            root: The project's root.
            state: Where the project keeps what it makes for itself.
            project: The project.
            rules: What no recording may hold.
        """
        self._root = root
        self._waiting = state / "recorded"
        self._project = project
        self._rules = rules

    def offer(self, recording: Recording, *, accept: bool, known: Sequence[str] = ()) -> Offered:
        """Keep a recording: at once if none is there, else if it is accepted.

        Args:
            recording: What came, as it came.
            accept: Whether it may replace another.
            known: Secrets that must not be in it.

        Raises:
            InvalidError: It holds something that looks like a secret; nothing has been written.
            HarnessError: It cannot be written.
        """
        clean = self.cleaned(recording, known)
        text = dump(clean).encode()
        waiting = self._waiting / f"{clean.scenario}.yaml"
        replace(waiting, text, self._waiting)
        _read(waiting, clean)
        return self._settle(clean, accept=accept)

    def waiting(self, scenarios: Iterable[str]) -> list[Offered]:
        """What waits for these scenarios, and what it would change; raises what `accept` does."""
        return self._each(scenarios, accept=False)

    def accept(self, scenarios: Iterable[str]) -> list[Offered]:
        """Take the recordings that wait for these scenarios.

        Raises:
            InvalidError: One of them cannot be read, or looks as if it held a secret.
        """
        return self._each(scenarios, accept=True)

    def _each(self, scenarios: Iterable[str], *, accept: bool) -> list[Offered]:
        found = []
        for name in scenarios:
            path = self._waiting / f"{name}.yaml"
            if path.exists():
                recording = self.cleaned(_read(path))
                found.append(self._settle(recording, accept=accept))
        return found

    def cleaned(self, recording: Recording, known: Sequence[str] = ()) -> Recording:
        """A recording without what must not be published.

        Raises:
            InvalidError: Something is left that looks like a secret, or nobody can say.
        """
        exchanges: list[Exchange] = []
        found = [(field_name(one.place), one) for one in beside(recording, self._rules, known)]
        ids = ids_of([one.response for one in recording.exchanges], self._rules.sanitizers)
        for index, exchange in enumerate(recording.exchanges):
            response = exchange.response
            with suppress(UnreadableError):  # the scanner has a word to say about that
                response = sanitized(response, self._rules.sanitizers, known, ids)
            for one in suspects(response, self._rules, known):
                place = "exchanges", index, "response", *one.place
                found.append((field_name(place), one))
            exchanges.append(msgspec.structs.replace(exchange, response=response))
        if found:
            raise InvalidError(
                Problem(file=recording.file, field=field, message=message, hint=MEND)
                for field, message in told_once(found)
            )
        return msgspec.structs.replace(recording, exchanges=tuple(exchanges))

    def _settle(self, recording: Recording, *, accept: bool) -> Offered:
        name = recording.scenario
        place = self._root / recording.file
        operation = self._project.operations[self._project.scenarios[name].operation]
        old = self._project.recordings.get(name)
        found: tuple[Change, ...] = ()
        if old is not None:
            found = tuple(changes(old, recording, operation, self._rules))
        elif place.exists():
            message = "the recording that is there cannot be read"
            found = (Change(kind="exchanges", message=message),)
        waiting = self._waiting / f"{name}.yaml"
        state: State = "replaced" if found else "same"
        if not place.exists():
            state = "new"
        elif found and not accept:
            return Offered(scenario=name, state="waiting", changes=found)
        if state != "same":
            replace(place, read(waiting, self._waiting), self._root)
        waiting.unlink(missing_ok=True)
        return Offered(scenario=name, state=state, changes=found)


def _read(path: Path, expected: Recording | None = None) -> Recording:
    """A recording that waits; what has just been written must read as it was."""
    problems: list[Problem] = []
    found = build.recording(path, f"samples/recordings/{path.name}", problems)
    if found is None:
        raise InvalidError([msgspec.structs.replace(one, file=str(path)) for one in problems])
    if expected is not None and expected != found:
        message = f"the recording of {path.stem} reads otherwise than it was written: {path}"
        raise HarnessError(message, "please report this")
    return found
