"""What a check is, and how checks follow one another.

A check judges one thing. It names the checks that must have found nothing before it can be judged
at all; so one fault has one name, and what it drags along is `not evaluated`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from harness.checks.raised import AFTERWARDS, package_file
from harness.model.cell import Cell
from harness.model.finding import Finding
from harness.model.observation import Observation
from harness.model.redactor import redacted
from harness.model.reply import ERROR

if TYPE_CHECKING:
    from harness.model.observation import SeenRequest
    from harness.model.recording import Exchange, Response
    from harness.model.reply import Reply

REQUEST_CHECKS = (
    "request.count",
    "request.endpoint",
    "request.headers",
    "request.auth",
    "request.body",
    "request.retry",
)

ANSWER_CHECKS = ("answer.status", "answer.shape")
"""What must be right about a live answer before a sample can be judged by what it makes of it."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a check looks at: what a cell must do, and what its run did."""

    cell: Cell
    observation: Observation

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The recorded exchanges of the cell."""
        return self.cell.recording.exchanges if self.cell.recording else ()

    @cached_property
    def answered(self) -> tuple[Response | None, ...]:
        """By request: what answered it, as far as anything did."""
        sent, answers = len(self.observation.requests), self.observation.answers
        if answers is not None:
            return tuple(one.response for one in answers)[:sent]
        numbers = [self.cell.course.exchange(number) for number in range(sent)]
        return tuple(None if one is None else self.exchanges[one].response for one in numbers)

    @cached_property
    def repeats(self) -> dict[int, Response]:
        """Requests that repeat the one before, counted from 0, each with what went wrong."""
        before = dict(enumerate(self.answered, start=1))
        return {
            number: response
            for number in range(1, len(self.observation.requests))
            if (response := before.get(number)) is not None
            and (response.status >= ERROR or response.ending != "complete")
        }

    @cached_property
    def asked(self) -> tuple[SeenRequest, ...]:
        """The requests that repeat none."""
        sent, repeats = self.observation.requests, self.repeats
        return tuple(one for number, one in enumerate(sent) if number not in repeats)

    @property
    def live(self) -> bool:
        """Whether an endpoint answered, and not the recording."""
        return self.observation.answers is not None

    @property
    def final(self) -> Response:
        """The answer that the reader sees, as it came."""
        answers = self.observation.answers
        return (
            answers[-1].response if answers else self.exchanges[self.cell.course.turns[-1]].response
        )

    @property
    def last(self) -> Response:
        """The same, its body not coded."""
        return self.final.plain

    @cached_property
    def reply(self) -> Reply:
        """What that answer says."""
        return self.cell.operation.reply(self.final)

    @cached_property
    def due(self) -> Reply:
        """What the recorded answer says."""
        return self.cell.operation.reply(self.exchanges[-1].response)

    @property
    def shows_body(self) -> bool:
        """Whether the client shows the answer's body as it comes, and not what is told in it."""
        client, last = self.cell.client, self.last
        if last.status >= ERROR:
            return client.error == "body"
        return client.reading(stream=last.is_stream) == "body"

    @property
    def fails(self) -> bool:
        """Whether the service fails in a way that the client can tell from an answer.

        That is a status of 4xx or 5xx (RFC 9110), or a connection that ends too soon. A client that
        reads the body can tell as well that it has an error in it, that the answer is withheld, or
        that it lacks its end; one that shows the body as it comes has shown that.
        """
        reply = self.reply
        if self.last.status >= ERROR:
            return True
        if self.shows_body:
            return reply.interrupted
        if reply.kind == "withheld" and reply.text:
            # There is a part to show: whether the lack of the rest is a failure, the sample says.
            return self.observation.exit.code != 0
        if reply.kind == "cut" and self.left_early:
            return False  # what is missing the sample did not wait for
        return reply.kind != "answer" and not (reply.kind == "broken" and reply.ended)

    @property
    def answer(self) -> str:
        """The text that the answer holds, derived by the operation's rule."""
        return self.reply.text

    @property
    def left_early(self) -> bool:
        """Whether the sample did not wait for all of a live answer."""
        return not all(one.read for one in self.observation.answers or ())

    @property
    def ended_badly(self) -> bool:
        """Whether its exit alone is a fault: 0 after an error, something else after an answer."""
        ended = self.observation.exit
        return ended.ended_for != "" or ended.code is None or (ended.code == 0) == self.fails

    @property
    def last_words(self) -> str:
        """The last line on standard error: a crash says there what it was, or else where it shows."""
        lines = lines_of(self.observation.stderr) or lines_of(self.observation.stdout)
        said = [line for line in lines if not AFTERWARDS.match(line)] or lines
        return redacted(self.hide(said[-1].strip() if said else ""))[:300]

    @property
    def crash(self) -> str:
        """Its last words, with the package that raised them if that was not the sample itself."""
        file = package_file(self.observation.stderr.decode("utf-8", "replace"))
        return f"{self.last_words} (raised in {file})" if file else self.last_words

    def hide(self, text: str) -> str:
        """A text without the run's token, as reports and messages show it."""
        return text.replace(self.observation.canary, "{token}")


class Unjudged(msgspec.Struct, frozen=True, kw_only=True):
    """That a check cannot be made, though nothing is wrong with the sample."""

    reason: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One named rule."""

    id: str
    after: tuple[str, ...] = ()
    """Checks that must have been judged and have found nothing, or this one cannot be judged."""
    unless: tuple[str, ...] = ()
    """Checks whose finding would explain this one's; that they could not be judged is no reason."""
    live: bool = False
    """Whether there is something to judge only where an endpoint answered."""
    judge: Callable[[Evidence], list[Finding] | Unjudged | None]
    """What it finds; `None` if another finding explains why it cannot be judged."""


MOST_READ = 4096
"""Bytes of a body in which a message about its beginning looks for secrets before it cuts it."""


def lines_of(output: bytes) -> list[str]:
    """The lines of an output that are not blank, as a terminal ends them."""
    text = output.decode("utf-8", "replace")
    return [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]


def name_request(request: SeenRequest) -> str:
    """A request on one line."""
    return f"{request.method} {request.scheme}://{request.host}{request.target}"
