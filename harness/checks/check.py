"""What a check is, and how checks follow one another.

A check judges one thing. It names the checks that must have found nothing before it can be judged
at all; so one fault has one name, and what it drags along is `not evaluated`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from harness.model.cell import Cell
from harness.model.finding import Finding
from harness.model.observation import Observation

if TYPE_CHECKING:
    from harness.model.observation import SeenRequest
    from harness.model.recording import Exchange, Response

REQUEST_CHECKS = (
    *("request.count", "request.endpoint", "request.headers", "request.auth", "request.body"),
)

ANSWER_CHECKS = ("answer.status", "answer.shape")
"""What must be right about a live answer before a sample can be judged by what it makes of it."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a check looks at: what a cell must do, and what its run did."""

    cell: Cell
    observation: Observation

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The recorded exchanges of the cell."""
        return self.cell.recording.exchanges if self.cell.recording else ()

    @property
    def live(self) -> bool:
        """Whether an endpoint answered, and not the recording."""
        return self.observation.answers is not None

    @property
    def last(self) -> Response:
        """The answer that the reader sees."""
        answers = self.observation.answers
        return (answers[-1].response if answers else self.exchanges[-1].response).plain

    @property
    def fails(self) -> bool:
        """Whether the service answers with an error that the client can tell from an answer.

        That is a status of 4xx or 5xx (RFC 9110), or an event in a stream, for a client that reads
        events. One that shows the body as it comes has shown it.
        """
        return self.last.status >= 400 or (  # noqa: PLR2004
            self.cell.client.stream == "text" and self.stream_error is not None
        )

    @property
    def stream_error(self) -> tuple[str, str] | None:
        """The code and message by which a stream fails after it has begun, if it does."""
        last = self.last
        return self.cell.operation.error_in_stream(last.body) if last.is_stream else None

    @property
    def answer(self) -> str:
        """The text that the answer holds, derived by the operation's rule."""
        response = self.last
        if response.is_stream:
            return self.cell.operation.text_of_stream(response.body)
        return self.cell.operation.text_of_response(response.body) or ""

    @property
    def ended_badly(self) -> bool:
        """Whether its exit alone is a fault: 0 after an error, something else after an answer."""
        ended = self.observation.exit
        return ended.ended_for != "" or ended.code is None or (ended.code == 0) == self.fails

    @property
    def last_words(self) -> str:
        """The last line on standard error: a crash says there what it was."""
        lines = self.observation.stderr.decode("utf-8", "replace").splitlines()
        return self.hide(next((line.strip() for line in reversed(lines) if line.strip()), ""))[:300]

    def hide(self, text: str) -> str:
        """A text without the run's token, as reports and messages show it."""
        return text.replace(self.observation.canary, "{token}")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One named rule."""

    id: str
    after: tuple[str, ...] = ()
    """Checks that must have been judged and have found nothing, or this one cannot be judged."""
    unless: tuple[str, ...] = ()
    """Checks whose finding would explain this one's; that they could not be judged is no reason."""
    live: bool = False
    """Whether there is something to judge only where an endpoint answered."""
    judge: Callable[[Evidence], list[Finding] | None]
    """What it finds; `None` if the evidence is not enough to judge."""


def name_request(request: SeenRequest) -> str:
    """A request on one line."""
    return f"{request.method} {request.scheme}://{request.host}{request.target}"
