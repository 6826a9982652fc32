"""Where in a stream the gateway waits for the reader to see what has come so far.

Streaming is judged by cause, not by clock: what a reader must see next is derived from the chunks
already sent, and nothing more is sent until it is on the terminal. A sample that holds its output
back cannot pass, and a slow machine cannot fail.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from harness.gateway.responder import Chunk, Head
from harness.model.checkpoints import readable
from harness.model.coding import KNOWN, Decoder
from harness.model.recording import EVENT_STREAM, media_type
from harness.model.stream import surely_seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.gateway.responder import Part
    from harness.model.client import Client
    from harness.model.operation import Operation

OK = 200
FURTHER = 40
"""Characters between the two places of a stream whose end is not known."""


class AsRecorded:
    """Knows the places of a recorded answer, which is one of several."""

    def __init__(self, places: Mapping[int, str], answer: int) -> None:
        """Wait at known places.

        Args:
            places: By number of a chunk, counted from 0: what must be visible.
            answer: Which of the answers has them, counted from 0.
        """
        self._places = places
        self._answer = answer
        self._answers = self._chunks = -1
        self._other = False

    def __call__(self, part: Part) -> str | None:
        """What must be visible now that a part has been sent, at the places there are."""
        if isinstance(part, Head):
            self._answers, self._chunks = self._answers + 1, -1
            self._other = part.miss is not None
        elif isinstance(part, Chunk):
            self._chunks += 1
            if self._answers == self._answer and not self._other:
                return self._places.get(self._chunks)
        return None


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
        self._next = 0
        """How much text must have come at the next place; 0 if there is none."""
        self._stream = operation.stream()
        self._body = bytearray()
        self._decoder: Decoder | None = None

    def __call__(self, part: Part) -> str | None:
        """What must be visible now that a part has been sent, at the places there are."""
        if isinstance(part, Head):
            self._stream, self._body = self._operation.stream(), bytearray()
            is_stream = part.status == OK and media_type(part.headers) == EVENT_STREAM
            self._next = int(is_stream and part.coding in {"", "identity", *KNOWN})
            self._decoder = Decoder() if part.coding in KNOWN else None
        if not self._next or not isinstance(part, Chunk):
            return None
        stream = self._stream
        try:
            data = self._decoder.decode(part.data) if self._decoder else part.data
        except zlib.error:  # what the gateway makes of that is told elsewhere
            self._next = 0
            return None
        stream.feed(data)
        if self._reading == "body":
            self._body += data
        # The end need not be waited for: nothing more comes that could be held back.
        if stream.length < self._next or stream.done:
            return None
        self._next = stream.length + FURTHER if self._next == 1 else 0
        if self._reading == "text":
            return surely_seen(stream.pieces) or None
        return readable(bytes(self._body[: stream.end]))
