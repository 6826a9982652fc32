"""A cell: one sample of the matrix scenario × client × model, and its identity."""

from __future__ import annotations

import msgspec

from harness.model.catalog import Endpoint
from harness.model.client import Client
from harness.model.operation import Operation
from harness.model.recording import Recording
from harness.model.retry import Course, course
from harness.model.scenario import Scenario


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """All that says what one sample must do. Flows one way; nothing in it is ever changed."""

    id: str
    """`python/basic`, or `python/basic@Phi-3-mini-4k-instruct` for a model that is not the default."""
    client: Client
    scenario: Scenario
    operation: Operation
    endpoint: Endpoint
    model: str
    recording: Recording | None
    path: str
    """Where the sample's committed file stands; models other than the default have none."""
    committed: bool

    @property
    def course(self) -> Course:
        """Which exchange of its recording answers which of its requests."""
        return course(self.recording.exchanges if self.recording else (), self.client.retry)

    def waits_s(self, now: float) -> float:
        """How many seconds its client waits in all, because recorded answers say when to ask again.

        Args:
            now: Seconds since the epoch, which a date counts from.
        """
        course, exchanges = self.course, self.recording.exchanges if self.recording else ()
        waits = [
            self.client.retry.wait_s(exchanges[turn].response, now) or 0.0 for turn in course.turns
        ]
        return sum(waits[:-1]) + sum(waits[-1:]) * course.repeats


def cell_id(client: str, scenario: str, model: str, default_model: str) -> str:
    """The identity of a sample."""
    name = f"{client}/{scenario}"
    return name if model == default_model else f"{name}@{model}"
