"""Notes what an endpoint answers, as the sample gets it."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from harness.gateway.responder import Chunk, End, Head
from harness.model.observation import Answer
from harness.model.recording import ChunkMark, Response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from harness.gateway.responder import Part, Request, Responder
    from harness.live.patient import Patient
    from harness.model.operation import Operation


class Tap:
    """Passes everything on, and keeps a copy."""

    def __init__(
        self,
        inner: Responder,
        model: Callable[[Request], str],
        operation: Operation,
        patient: Patient,
    ) -> None:
        """Listen in on a responder.

        Args:
            inner: What answers.
            model: What the endpoint is asked for when a request has come.
            operation: Says whether a stream has come to its end.
            patient: Knows how long was waited for an answer.
        """
        self._inner = inner
        self._model = model
        self._operation = operation
        self._patient = patient
        self._answers: list[Answer] = []

    def answers(self) -> tuple[Answer, ...]:
        """What has been answered, in order; also what was cut short."""
        return tuple(self._answers)

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer."""
        head: Head | None = None
        chunks: list[Chunk] = []
        try:
            async with aclosing(self._inner.respond(request)) as answer:
                async for part in answer:
                    if isinstance(part, Head):
                        head = part
                    elif isinstance(part, Chunk):
                        chunks.append(part)
                    else:
                        self._note(request, head, chunks, part)
                        head = None
                    yield part
        finally:
            if head is not None:
                # The sample has gone away: the endpoint is not to blame for what did not come.
                self._note(request, head, chunks, None)

    def _note(
        self, request: Request, head: Head | None, chunks: list[Chunk], end: End | None
    ) -> None:
        if head is None:
            return
        body = b"".join(chunk.data for chunk in chunks)
        response = Response(
            status=head.status,
            reason=head.reason,
            headers=head.headers,
            framing=head.framing,
            length=head.length if head.framing == "length" and head.length != len(body) else None,
            body=body,
            chunks=tuple(
                ChunkMark(size=len(chunk.data), after_ms=chunk.after_ms) for chunk in chunks
            ),
            ending=end.ending if end else "complete",
        )
        why = head.no_answer or (end and end.no_answer)
        done = response.is_stream and self._operation.reply(response).ended
        answer = Answer(
            response=response,
            read=end is not None or done,
            model=self._model(request),
            no_answer="not_sent" if head.miss else why.cause if why else "",
            why=head.miss or (why.message if why else ""),
            waited_s=tuple(self._patient.waited_s),
            asked_s=self._patient.asked_s,
        )
        self._patient.waited_s.clear()
        self._answers.append(answer)
