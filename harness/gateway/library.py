"""Answers from all recordings of a project: each request by the scenario that it asks for."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.gateway.replay import SHOWN, miss, parts
from harness.model import jsonvalue

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from harness.gateway.responder import Part, Request
    from harness.model.project import Project
    from harness.model.scenario import Scenario


class Library:
    """Answers any number of requests, whichever host, client or model they are for."""

    def __init__(self, project: Project) -> None:
        """Answer from a project's recordings."""
        self._project = project
        self._times: Counter[str] = Counter()

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the scenario's exchange, one after the other from the first on, or a miss."""
        for part in self._answer(request):
            yield part

    def _answer(self, request: Request) -> tuple[Part, ...]:
        try:
            body = jsonvalue.parse(request.body)
        except ValueError as error:
            return miss(f"the body is not JSON: {error}")
        if not isinstance(body, dict):
            return miss("the body is not a JSON object")
        nearest: tuple[int, str] | None = None
        for scenario in self._project.scenarios.values():
            found = self._differences(scenario, request, body)
            if not found:
                exchanges = self._project.recordings[scenario.name].exchanges
                turn = self._times[scenario.name] % len(exchanges)
                self._times[scenario.name] += 1
                return tuple(parts(exchanges[turn].response))
            if nearest is None or len(found) < nearest[0]:
                nearest = len(found), f"nearest is {scenario.name}: {'; '.join(found)}"
        return miss(nearest[1] if nearest else "there is no recording")

    def _differences(self, scenario: Scenario, request: Request, body: dict[str, Any]) -> list[str]:
        operation = self._project.operations[scenario.operation]
        if scenario.name not in self._project.recordings:
            return ["it has no recording that can be used"] * (SHOWN + 1)
        if request.method != operation.method or not request.path.endswith(operation.path):
            return [f"expected {operation.method} …{operation.path}"] * (SHOWN + 1)
        expected = scenario.body(str(body.get("model", "")))
        if "model" not in body:
            del expected["model"]
        return [
            f"{one.path}: expected {jsonvalue.show(one.expected)}, "
            f"received {jsonvalue.show(one.received)}"
            for one in islice(jsonvalue.differences(expected, body), SHOWN)
        ]
