"""Answers from a recording as often as it is asked, any number of clients at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateway.responder import Head

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from harness.gateway.replay import Replay
    from harness.gateway.responder import Part, Request

REMEMBERED = 256
"""Requests whose answers are kept."""

REMEMBERED_SIZE = 16 * 1024
"""The longest body of a request that is remembered, in bytes."""


class Repeating:
    """Answers each request with the first exchange that it matches, whatever was asked before.

    Clients repeat themselves to the byte, but for identifiers in headers, which no match depends
    on. So what has been matched once, method, target and body, is not read again.
    """

    def __init__(self, replay: Replay) -> None:
        """Answer with the exchanges of a replay, whose turns are left as they are."""
        self._replay = replay
        self._answers: dict[tuple[str, str, bytes], tuple[Part, ...]] = {}

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the exchange that answers, or of a miss."""
        for part in self._answer(request):
            yield part

    def _answer(self, request: Request) -> tuple[Part, ...]:
        key = (request.method, request.target, request.body)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._match(request)
            if len(request.body) <= REMEMBERED_SIZE:
                if len(self._answers) == REMEMBERED:
                    del self._answers[next(iter(self._answers))]
                self._answers[key] = answer
        return answer

    def _match(self, request: Request) -> tuple[Part, ...]:
        """The answer of the first exchange that is not a miss, or the first one's miss."""
        answers = [self._replay.answer(one, request) for one in self._replay.exchanges]
        return next((answer for answer in answers if not _missed(answer)), answers[0])


def _missed(answer: tuple[Part, ...]) -> bool:
    head = answer[0]
    return isinstance(head, Head) and head.miss is not None
