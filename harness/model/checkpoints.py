"""Where a recorded stream shows whether a sample shows it as it comes.

At a checkpoint the gateway waits for the reader to see what has come so far. What that is follows
from the chunks that were sent.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from harness.model.stream import surely_seen

if TYPE_CHECKING:
    from harness.model.client import Reading
    from harness.model.operation import Operation
    from harness.model.recording import Response


def checkpoints(response: Response, operation: Operation, reading: Reading) -> dict[int, str]:
    """Chunk numbers, each with the text that must be visible before the next chunk is sent.

    There are two where the stream allows: as soon as there is anything to see, and half-way on.
    None is at its end, where nothing more comes that could be held back.
    """
    if not response.is_stream:
        return {}
    stream = operation.stream()
    known: list[int] = []
    """By chunk: how much can be seen then."""
    pieces: list[int] = []
    for part in response.parts:
        stream.feed(part)
        pieces.append(len(stream.pieces))
        known.append(stream.length if reading == "text" else stream.end)
    whole = known[-1] if known else 0
    found: dict[int, str] = {}
    number = -1
    for wanted in (1, whole // 2):
        number = bisect_left(known, wanted, lo=number + 1)
        if number >= len(known) or known[number] == whole:
            break
        if reading == "text":
            seen = surely_seen(stream.pieces[: pieces[number]])
        else:
            seen = readable(response.body[: known[number]])
        if seen and seen not in found.values():
            found[number] = seen
    return found


def readable(body: bytes) -> str:
    """As much of a body's beginning as is UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        return body[: error.start].decode()
