"""Answers from a recording: each request gets the exchange whose turn it is, if it is what was expected."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.gateway.responder import FRAMING_HEADERS, Chunk, End, Head, error_parts
from harness.model import jsonvalue
from harness.model.problem import HarnessError
from harness.model.retry import Course

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from harness.gateway.responder import Part, Request
    from harness.model.cell import Cell
    from harness.model.operation import Operation
    from harness.model.recording import Exchange, Recording, Response

SHOWN = 5
"""Differences that a miss tells; a request that has more is another request altogether."""


class Replay:
    """Answers one run of a sample from a recording, once.

    A request matches by method, path, the names in its query, and its JSON body, compared by type.
    Host and headers are left to the checks, so that one fault has one name. Anything else is a miss:
    an answer that tells the sample nothing of what was expected, and that no library retries. The
    reason is in the head's `miss`.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        operation: Operation,
        base_path: str,
        body: Any = None,
        course: Course | None = None,
    ) -> None:
        """Answer from a recording's first exchange on.

        Args:
            recording: What to answer with.
            operation: Says which names a query may have.
            base_path: The endpoint's path, before each exchange's.
            body: The JSON value that every request must carry; `None` leaves bodies uncompared.
            course: Which exchange answers which request; unless told, one after the other.
        """
        self.exchanges = recording.exchanges
        """What it answers with, in order."""
        self._names = operation.query
        self._base_path = base_path
        self._body = body
        self._course = course or Course(turns=tuple(range(len(self.exchanges))))
        self._count = 0

    @classmethod
    def of(cls, cell: Cell) -> Replay:
        """The replay that answers a cell's sample.

        Raises:
            HarnessError: The cell has no usable recording.
        """
        if cell.recording is None:
            raise HarnessError(
                f"{cell.id} has no recording to answer it",
                f"restore samples/recordings/{cell.scenario.name}.yaml",
            )
        return cls(
            cell.recording,
            operation=cell.operation,
            base_path=cell.endpoint.base_path,
            body=cell.scenario.body(cell.model),
            course=cell.course,
        )

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the exchange whose turn it is, or of a miss."""
        number = self._course.exchange(self._count)
        self._count += 1
        if number is None:
            expected = _requests(self._course.most)
            answer = miss(f"expected {expected}; this is request {self._count}")
        else:
            answer = self.answer(self.exchanges[number], request)
        for part in answer:
            yield part

    def answer(self, exchange: Exchange, request: Request) -> tuple[Part, ...]:
        """The parts of an exchange, or of a miss if the request is not what it expects."""
        found = list(islice(self._reasons(exchange, request), SHOWN + 1))
        if not found:
            return tuple(parts(exchange.response))
        return miss("; ".join(found[:SHOWN]) + ("; and more" if len(found) > SHOWN else ""))

    def _reasons(self, exchange: Exchange, request: Request) -> Iterator[str]:
        if request.method != exchange.method:
            yield f"method: expected {exchange.method}, received {request.method}"
        path = self._base_path + exchange.path
        if request.path != path:
            yield f"path: expected {path}, received {request.path}"
        for name, _ in request.query:
            if name not in self._names:
                known = ", ".join(self._names) or "none at all"
                yield f"query: expected no name but {known}, received {name}"
        if self._body is None:
            return
        try:
            received = jsonvalue.parse(request.body)
        except (ValueError, RecursionError) as error:
            yield f"body: expected JSON, received {_not_json(request.body, error)}"
            return
        for difference in jsonvalue.differences(self._body, received):
            expected, actual = difference.expected, difference.received
            yield (
                f"{difference.path}: expected {jsonvalue.show(expected)}, "
                f"received {jsonvalue.show(actual)}"
            )


def parts(response: Response) -> Iterator[Part]:
    """A recorded response as a responder yields it."""
    yield Head(
        status=response.status,
        reason=response.reason,
        headers=tuple(pair for pair in response.headers if pair[0].lower() not in FRAMING_HEADERS),
        framing=response.framing,
        length=len(response.body) if response.length is None else response.length,
    )
    for data, mark in zip(response.parts, response.chunks, strict=True):
        yield Chunk(data=data, after_ms=mark.after_ms)
    # A stream that was cut lacks its own end, not the connection's.
    ending = "complete" if response.ending == "cut" else response.ending
    yield End(ending=ending, trailers=response.trailers)


def miss(reason: str) -> tuple[Part, ...]:
    """What a request gets that no recorded exchange answers. 400 is the status no library retries."""
    return error_parts(
        400,
        "Bad Request",
        "no_recording",
        "No recorded exchange answers this request; see the report.",
        miss=reason,
    )


def _requests(count: int) -> str:
    return f"{count} request" if count == 1 else f"{count} requests"


def _not_json(body: bytes, error: Exception) -> str:
    return f"{len(body)} bytes that are not: {error}" if body else "no body"
