"""Takes the key out of what an endpoint sends back, should it ever repeat it.

An answer is searched as a reader has it: a coding is undone first. What cannot be searched is not
passed on at all.
"""

from __future__ import annotations

import re
import zlib
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.forward import no_answer
from harness.gateway.responder import Chunk, End, Head, NoAnswer, tokens
from harness.live.pieces import Pieces, RepeatedError
from harness.model.coding import KNOWN, Decoder
from harness.model.recording import EVENT_STREAM, media_type
from harness.model.secret import SHORTEST, Secret

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from harness.gateway.responder import Part, Request, Responder

PARTIAL = 206
"""The status of a part of a body: another request has the rest (RFC 9110, section 15.3.7)."""

NO_TEXT = re.compile(rb"[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f]")
"""Control characters that no text has, in any charset but those of two bytes or four."""

WIDE = re.compile(r"charset\s*=\s*\"?utf-?(?:16|32)", re.IGNORECASE)


class UnsearchedError(Exception):
    """Nobody can say whether the key is in an answer."""


class Scrubbed:
    """Puts stars in place of a secret, as many as it has characters, so that lengths still hold."""

    def __init__(self, inner: Responder, secret: str) -> None:
        """Scrub what a responder answers.

        Args:
            inner: What answers.
            secret: In printable ASCII; may be empty. One that is too short to be one is left alone.
        """
        self._inner = inner
        self._secret = Secret(secret.encode() if len(secret) >= SHORTEST else b"")

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer. The secret is found in any form, wherever a chunk's border cuts it.

        An answer that cannot be searched becomes an error of our own, or breaks off if it has begun.
        """
        scrubbing = _Scrubbing(self._secret)
        async with aclosing(self._inner.respond(request)) as answer:
            async for part in answer:
                for one in scrubbing.parts(part) if self._secret else (part,):
                    yield one
                if scrubbing.is_over:
                    return


class _Scrubbing:
    """One answer, on its way."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._body: _Body | None = None
        self._head: Head | None = None
        """What has not been passed on yet: till then the answer can be refused."""
        self._late_ms = 0.0
        """Since what was last passed on."""
        self.is_over = False
        """Whether nothing more is passed on."""

    def parts(self, part: Part) -> Iterator[Part]:
        """What can be passed on, now that a part has come."""
        try:
            if isinstance(part, Head):
                self._body = _Body(self._secret, part)
                self._head = self._clean_head(self._body.head(part))
                if self._body.is_stream:
                    yield from self._begin()
            else:
                yield from self._more(part)
        except UnsearchedError as error:
            self.is_over = True
            message = f"the endpoint's answer could not be searched for the key: {error}"
            why = NoAnswer(cause="unsearched", message=message)
            begun = self._body is not None and self._head is None
            yield from (End(ending="closed", no_answer=why),) if begun else no_answer(why)

    def _begin(self) -> Iterator[Part]:
        if self._head is not None:
            yield self._head
            self._head = None

    def _more(self, part: Chunk | End) -> Iterator[Part]:
        assert self._body is not None  # noqa: S101
        self._late_ms += part.after_ms if isinstance(part, Chunk) else 0.0
        for data in self._body.pieces(part):
            yield from self._begin()
            yield Chunk(data=data, after_ms=self._late_ms)
            self._late_ms = 0.0
        if isinstance(part, End):
            yield from self._begin()
            yield msgspec.structs.replace(part, trailers=self._pairs(part.trailers))

    def _clean_head(self, head: Head) -> Head:
        why = head.no_answer
        return msgspec.structs.replace(
            head,
            headers=self._pairs(head.headers),
            reason=self._secret.masked_text(head.reason),
            no_answer=why
            and msgspec.structs.replace(why, message=self._secret.masked_text(why.message)),
        )

    def _pairs(self, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        hide = self._secret.masked_text
        return tuple((hide(name), hide(value)) for name, value in pairs)


class _Body:
    """The body of one answer, not coded, and without the secret."""

    def __init__(self, secret: Secret, head: Head) -> None:
        """Begin with an answer.

        Raises:
            UnsearchedError: Its body cannot be searched.
        """
        codings = [
            coding
            for name, value in head.headers
            if name.lower() == "content-encoding"
            for coding in tokens(value)
            if coding != "identity"
        ]
        if head.status == PARTIAL or media_type(head.headers) == "multipart/byteranges":
            raise UnsearchedError("it is only a part of one")
        if len(codings) > 1 or not KNOWN.issuperset(codings):
            raise UnsearchedError(f"its coding, {', '.join(codings)}, is not known here")
        self._coding = "".join(codings)
        self._decoder = Decoder() if codings else None
        self._masking = secret.masking()
        self.is_stream = media_type(head.headers) == EVENT_STREAM
        self._events = Pieces(secret) if self.is_stream else None
        types = [value for name, value in head.headers if name.lower() == "content-type"]
        self._is_wide = any(map(WIDE.search, types))

    def head(self, head: Head) -> Head:
        """The head for the body as it is passed on."""
        if self._decoder is None:
            return head
        headers = tuple(pair for pair in head.headers if pair[0].lower() != "content-encoding")
        framing = "chunked" if head.framing == "length" else head.framing
        return msgspec.structs.replace(head, headers=headers, framing=framing, length=None)

    def pieces(self, part: Chunk | End) -> Iterator[bytes]:
        """What can be passed on now that something has come, none of it empty.

        Raises:
            UnsearchedError: Nobody can say whether the secret is in it.
        """
        try:
            for data in self._decoded(part) if isinstance(part, Chunk) else (None,):
                passed = self._passed(data)
                if passed:
                    yield passed
        except zlib.error as error:
            raise UnsearchedError(f"it is not {self._coding}, as it says") from error
        except RepeatedError as error:
            raise UnsearchedError(str(error)) from error
        if isinstance(part, End) and part.ending == "complete" and self._is_short:
            raise UnsearchedError(f"its {self._coding} has no end")

    @property
    def _is_short(self) -> bool:
        return self._decoder is not None and self._decoder.has_begun and not self._decoder.is_done

    def _decoded(self, part: Chunk) -> Iterator[bytes]:
        return iter((part.data,)) if self._decoder is None else self._decoder.pieces(part.data)

    def _passed(self, data: bytes | None) -> bytes:
        """What a piece adds; without one, what is left."""
        if data and not self._is_wide and NO_TEXT.search(data):
            raise UnsearchedError("it is no text, and its coding is not told")
        hidden = self._masking.rest() if data is None else self._masking.feed(data)
        if self._events is None:
            return hidden
        return self._events.feed(hidden) + (self._events.rest() if data is None else b"")
