"""Where in a stream the gateway waits for the reader to see what has come so far.

Streaming is judged by cause, not by clock: what a reader must see next is derived from the chunks
already sent, and nothing more is sent until it is on the terminal. A sample that holds its output
back cannot pass, and a slow machine cannot fail.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model.client import Reading
    from harness.model.operation import Operation
    from harness.model.recording import Response


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
