"""Answers from all recordings of a project: each request by the scenario that it asks for."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.gateway.replay import SHOWN, miss, parts
from harness.model import jsonvalue

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from harness.gateway.responder import Part, Request
    from harness.model.project import Project
    from harness.model.scenario import Scenario


REMEMBERED = 256
"""Requests of which it is kept what they ask for."""

REMEMBERED_SIZE = 16 * 1024
"""The longest body that is kept, in bytes."""


class Library:
    """Answers any number of requests, whichever host, client or model they are for.

    Clients repeat themselves to the byte, but for identifiers in headers, which no match depends
    on. So what a method, a path and a body ask for is found out once.
    """

    def __init__(self, project: Project) -> None:
        """Answer from a project's recordings."""
        self._project = project
        self._times: Counter[str] = Counter()
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._asked)

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the scenario's exchange, one after the other from the first on, or a miss."""
        for part in self._answer(request):
            yield part

    def _answer(self, request: Request) -> tuple[Part, ...]:
        asked = self._remembered if len(request.body) <= REMEMBERED_SIZE else self._asked
        found = asked(request.method, request.path, request.body)
        if isinstance(found, str):
            return miss(found)
        operation = self._project.operations[found.operation]
        for fault in operation.header_faults(request.headers):
            return miss(f"asks for {found.name}, but {fault.message}: expected {fault.expected}")
        exchanges = self._project.recordings[found.name].exchanges
        turn = self._times[found.name] % len(exchanges)
        self._times[found.name] += 1
        return tuple(parts(exchanges[turn].response))

    def _asked(self, method: str, path: str, data: bytes) -> Scenario | str:
        """The scenario that a request asks for, or why there is none."""
        operations = self._project.operations.values()
        if not any(one.is_asked(method, path, operations) for one in operations):
            known = " or ".join(f"{one.method} …{one.path}" for one in operations)
            return f"expected {known}, received {method} {path}"
        try:
            body = jsonvalue.parse(data)
        except ValueError as error:
            return f"the body is not JSON: {error}"
        if not isinstance(body, dict):
            return "the body is not a JSON object"
        nearest: tuple[int, str] | None = None
        for scenario in self._project.scenarios.values():
            found = self._differences(scenario, method, path, body)
            if not found:
                return scenario
            if nearest is None or len(found) < nearest[0]:
                nearest = len(found), f"nearest is {scenario.name}: {'; '.join(found)}"
        return nearest[1] if nearest else "there is no recording"

    def _differences(
        self, scenario: Scenario, method: str, path: str, body: dict[str, Any]
    ) -> list[str]:
        operation = self._project.operations[scenario.operation]
        if scenario.name not in self._project.recordings:
            return ["it has no recording that can be used"] * (SHOWN + 1)
        if not operation.is_asked(method, path, self._project.operations.values()):
            return [f"expected {operation.method} …{operation.path}"] * (SHOWN + 1)
        expected = scenario.body(str(body.get("model", "")))
        if "model" not in body:
            del expected["model"]
        return [
            f"{one.path}: expected {jsonvalue.show(one.expected)}, "
            f"received {jsonvalue.show(one.received)}"
            for one in islice(jsonvalue.differences(expected, body), SHOWN)
        ]
