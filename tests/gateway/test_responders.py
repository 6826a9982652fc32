import asyncio

import pytest
from fault import Change, Fault, cut
from hypothesis import given
from hypothesis import strategies as st
from wire import collect, http_chunks, ok, post, response, tunnel

from harness.gateway.held import Held
from harness.gateway.paced import Paced
from harness.gateway.responder import Chunk, End
from harness.runner.gates import AsRecorded

EVENTS = b"data: a\n\ndata: b\r\n\r\ndata: \xf0\x9f\x92\xaa\n\n"


def bodies(parts):
    return [part.data for part in parts if isinstance(part, Chunk)]


def test_held_waits_after_the_chunks_it_is_told_to():
    log = []

    async def see(text):
        log.append(f"see {text}")

    async def run():
        held = Held(ok(b"a", b"b", b"c"), AsRecorded({0: "A", 2: "C"}, answer=0), see)
        async for part in held.respond(None):
            log.append(part.data if isinstance(part, Chunk) else type(part).__name__)

    asyncio.run(run())
    assert log == ["Head", b"a", "see A", b"b", b"c", "see C", "End"]


def test_paced_sends_each_chunk_at_its_time_whatever_was_late():
    now = 100.0
    sent = []

    async def sleep(seconds):
        nonlocal now
        # The system wakes us late each time; the next wait must make up for it.
        now += seconds + 0.004

    async def run():
        nonlocal now
        paced = Paced(ok(b"a", b"b", b"c", gap=20), lambda: now, sleep)
        async for part in paced.respond(None):
            if isinstance(part, Chunk):
                sent.append(round(now - 100, 6))

    asyncio.run(run())
    assert sent == [0.024, 0.044, 0.064]


def test_paced_really_waits():
    async def run():
        loop = asyncio.get_running_loop()
        started = loop.time()
        async for _ in Paced(ok(*[b"x"] * 5, gap=10)).respond(None):
            pass
        return loop.time() - started

    assert 0.05 <= asyncio.run(run()) < 1


@pytest.mark.parametrize(
    ("how", "pieces"),
    [
        ("whole", [EVENTS]),
        ("event", [b"data: a\n\n", b"data: b\r\n\r\n", b"data: \xf0\x9f\x92\xaa\n\n"]),
        ("byte", [EVENTS[index : index + 1] for index in range(len(EVENTS))]),
        ((3, 0, 4), [b"dat", b"a: a", EVENTS[7:]]),
    ],
)
def test_a_body_can_be_cut_anew(how, pieces):
    assert cut(EVENTS, how) == pieces
    assert bodies(collect(Fault(ok(EVENTS), Change(rechunk=how)), None)) == pieces


@given(
    body=st.binary(max_size=200),
    how=st.one_of(
        st.sampled_from(["whole", "event", "byte"]),
        st.lists(st.integers(0, 40), max_size=20).map(tuple),
    ),
)
def test_any_cut_of_a_body_gives_the_same_bytes(body, how):
    pieces = cut(body, how)
    assert b"".join(pieces) == body
    assert all(pieces)


def test_any_chunking_gives_the_same_bytes_on_the_wire(background, trust):
    body = EVENTS * 3

    @given(sizes=st.lists(st.integers(1, 30), max_size=30).map(tuple))
    def check(sizes):
        change = Change(rechunk=sizes)
        with background.serve(Fault(ok(body), change)) as served, tunnel(served, trust) as sock:
            sock.sendall(post())
            pieces = http_chunks(sock)
        assert b"".join(pieces) == body
        assert pieces == cut(body, sizes)

    check()


def test_status_headers_and_body_can_be_replaced(background, trust):
    change = Change(
        status=429,
        reason="Too Many Requests",
        headers=(("Retry-After", "1"),),
        body=b"slow down",
        framing="length",
        close=True,
    )
    with background.serve(Fault(ok(b"answer"), change)) as served, tunnel(served, trust) as sock:
        sock.sendall(post())
        answer = response(sock)
        assert (answer.status, answer.reason) == (429, "Too Many Requests")
        assert sorted(answer.getheaders()) == [
            ("Connection", "close"),
            ("Content-Length", "9"),
            ("Retry-After", "1"),
        ]
        assert answer.read() == b"slow down"
        assert sock.recv(1) == b""


@pytest.mark.parametrize("ending", ["closed", "reset"])
@pytest.mark.parametrize("size", [0, 1, 4, 5, 100])
def test_an_answer_can_be_cut_off(ending, size):
    parts = collect(Fault(ok(b"abc", b"def"), Change(cut_after=size, ending=ending)), None)
    assert b"".join(bodies(parts)) == b"abcdef"[:size]
    assert parts[-1] == End(ending=ending)
    assert parts[0].length == 6


def test_an_unchanged_answer_stays_as_it_is():
    inner = ok(b"abc", b"def", framing="length", headers=(("A", "b"),), gap=3)
    assert collect(Fault(inner, Change()), None) == list(inner.parts)
