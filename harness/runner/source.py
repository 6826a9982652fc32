"""What answers the samples of a call: their recordings, unless told otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.gateway.held import Held
from harness.gateway.replay import Replay
from harness.model.checkpoints import checkpoints
from harness.runner.gates import AsRecorded

if TYPE_CHECKING:
    from harness.gateway.responder import Responder
    from harness.model.cell import Cell
    from harness.model.observation import Answer

See: TypeAlias = Callable[[str], Awaitable[object]]
"""Returns when a text has been seen on the terminal, or need not be waited for any longer."""


class Answering(Protocol):
    """What answers one run of a sample."""

    @property
    def responder(self) -> Responder:
        """Answers the sample's requests."""
        ...

    def answers(self) -> tuple[Answer, ...] | None:
        """What an endpoint has answered; `None` if a recording did."""
        ...


Source: TypeAlias = Callable[["Cell", str, See], Answering]
"""Given a cell, the token its sample holds and what waits for its reader: what answers the run."""


class Recorded:
    """Answers a run from its cell's recording."""

    def __init__(self, cell: Cell, canary: str, see: See) -> None:
        """Answer a cell, which has a recording.

        Raises:
            HarnessError: It has none.
        """
        del canary  # a recording does not ask who is there
        replay = Replay.of(cell)
        assert cell.recording is not None  # noqa: S101
        turns = cell.course.turns
        response = cell.recording.exchanges[turns[-1]].response.plain
        reading = cell.client.reading(stream=response.is_stream)
        places = checkpoints(response, cell.operation, reading)
        self.responder: Responder = Held(replay, AsRecorded(places, len(turns) - 1), see)

    def answers(self) -> tuple[Answer, ...] | None:
        """None: all that came is in the recording."""
        return None
