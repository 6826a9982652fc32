"""Replaces what must not be published, so that lengths and the borders of chunks still hold."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import msgspec

from harness.model.secret import Secret
from harness.record.blank import blank, is_replaced
from harness.record.coded import closed
from harness.record.ids import Ids
from harness.record.spans import reading, replaced, spans, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.model.recording import Response
    from harness.record.rules import Rule


def sanitized(
    response: Response,
    sanitizers: Sequence[Rule],
    known: Sequence[str] = (),
    ids: Ids | None = None,
) -> Response:
    """A response without what must not be published.

    Args:
        response: What came.
        sanitizers: What to replace.
        known: Texts that are replaced wherever they stand as well.
        ids: Those of the whole recording, if there is more of it than this response.

    Raises:
        UnreadableError: The body cannot be looked into.
    """
    named = ids or ids_of([response], sanitizers)

    def clean(text: str, header: str | None) -> str:
        text = _blanked(text, known_in(text, known, header))
        text = named.without(text, header)
        every = (rule for rule in sanitizers if not rule.distinct)
        return _blanked(text, (one for rule in every for one in spans(rule, text, header)))

    def fields(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, clean(value, name)) for name, value in pairs)

    pieces: Sequence[bytes] = response.opened()
    before = b"".join(pieces)
    # One character for one byte, so that nothing moves.
    after = clean(before.decode("latin-1"), None).encode("latin-1")
    if after != before:
        ends = list(accumulate(map(len, pieces)))
        pieces = [after[end - len(piece) : end] for end, piece in zip(ends, pieces, strict=True)]
        response = closed(response, pieces)
    return msgspec.structs.replace(
        response,
        reason=clean(response.reason, None),
        headers=fields(response.headers),
        trailers=fields(response.trailers),
    )


def without(rule: Rule, text: str, header: str | None) -> str:
    """A text with zeros in place of what a rule finds; what is blank already stays as it is."""
    return _blanked(text, spans(rule, text, header))


def known_in(text: str, known: Sequence[str], header: str | None) -> Iterator[tuple[int, int]]:
    """Where secrets that are known stand in a text, in whatever form."""
    for one in known:
        secret = Secret(one.encode())
        yield from secret.spans(_bytes(text))
        for view in reading(text, is_body=header is None).parts:
            for span in secret.spans(_bytes(view.text)):
                yield from view.places(*span)


def _bytes(text: str) -> bytes:
    """A byte for each character."""
    return text.encode("latin-1", "replace")


def _blanked(text: str, places: Iterable[tuple[int, int]]) -> str:
    found = (one for one in places if not is_replaced(text[slice(*one)]))
    return replaced(text, union(found), blank)


def ids_of(responses: Iterable[Response], sanitizers: Sequence[Rule]) -> Ids:
    """The ids in the responses of a recording, in order; in bodies as far as they can be read."""
    found = Ids(sanitizers)
    for response in responses:
        for name, value in (*response.headers, *response.trailers):
            found.add(value, name)
        found.add(response.plain.body.decode("latin-1"), None)
    return found
