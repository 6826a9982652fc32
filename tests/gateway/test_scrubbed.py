"""A key that an endpoint repeats goes no further."""

import pytest
from wire import collect, ok

from harness.live.scrubbed import Scrubbed

SECRET = "sk-live-0123456789abcdef"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 11, 1000])
def test_a_key_is_scrubbed_wherever_chunks_cut_it(size):
    text = f'{{"error": "bad key {SECRET}, {SECRET[:9]} {SECRET}"}}'.encode()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    answer = ok(*pieces, framing="length", headers=(("x-key", SECRET),), gap=3)
    head, *chunks, _ = collect(Scrubbed(answer, SECRET), None)
    body = b"".join(chunk.data for chunk in chunks)
    assert body == text.replace(SECRET.encode(), b"*" * len(SECRET))
    assert SECRET not in str(head)
    assert len(body) == head.length
    assert sum(chunk.after_ms for chunk in chunks) == 3 * len(pieces)


def test_a_short_key_is_left_alone():
    parts = collect(Scrubbed(ok(b"any text"), "any"), None)
    assert parts[1].data == b"any text"
