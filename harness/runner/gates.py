"""Where in a stream the gateway waits for the reader to see what has come so far.

Streaming is judged by cause, not by clock: what a reader must see next is derived from the chunks
already sent, and nothing more is sent until it is on the terminal. A sample that holds its output
back cannot pass, and a slow machine cannot fail.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from harness.gateway.responder import Chunk, Head, header

if TYPE_CHECKING:
    from harness.gateway.responder import Part
    from harness.model.client import Client, Reading
    from harness.model.operation import Operation
    from harness.model.recording import Response

OK = 200
FURTHER = 40
"""Characters between the two places of a stream whose end is not known."""


def gates(response: Response, operation: Operation, reading: Reading) -> dict[int, str]:
    """Chunk numbers, each with the text that must be visible before the next chunk is sent.

    There are two where the stream allows: as soon as there is anything to see, and half-way on.
    """
    if not response.is_stream:
        return {}
    ends = list(accumulate(mark.size for mark in response.chunks))

    def seen(end: int) -> str:
        return visible(response.body[:end], operation, reading)

    whole = len(seen(len(response.body)))
    found: dict[int, str] = {}
    number = -1
    for wanted in (1, whole // 2):
        # The text only ever grows, so that few of all beginnings need be read.
        number = bisect_left(ends, wanted, lo=number + 1, key=lambda end: len(seen(end)))
        if number >= len(ends) or len(seen(ends[number])) == whole:
            break
        found[number] = seen(ends[number])
    return found


def visible(body: bytes, operation: Operation, reading: Reading) -> str:
    """What a reader can see of a stream that has come this far: whole events count."""
    if reading == "text":
        return operation.text_of_stream(body)
    return body[: body.rfind(b"\n\n") + 2].decode("utf-8", "replace") if b"\n\n" in body else ""


class AsItComes:
    """Finds two such places in a stream whose end is not known: the first text, and some way on."""

    def __init__(self, operation: Operation, client: Client) -> None:
        """Look for places.

        Args:
            operation: Says what the text is.
            client: Says how a reader sees it.
        """
        self._operation = operation
        self._reading = client.reading(stream=True)
        self._body = b""
        self._stream = False
        self._next = 1

    def __call__(self, part: Part) -> str | None:
        """What must be visible now that a part has been sent, at the places there are."""
        if isinstance(part, Head):
            self._body, self._next = b"", 1
            kind = header(part.headers, "content-type") or ""
            self._stream = part.status == OK and kind.startswith("text/event-stream")
        if not self._stream or not isinstance(part, Chunk):
            return None
        self._body += part.data
        come = len(self._operation.text_of_stream(self._body))
        # The end need not be waited for: nothing more comes that could be held back.
        if not self._next or come < self._next or self._operation.is_done(self._body):
            return None
        self._next = come + FURTHER if self._next == 1 else 0
        return visible(self._body, self._operation, self._reading)
