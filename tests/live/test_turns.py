"""Samples that ask more than they were reckoned with: no one waits for ever, no limit is passed."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual import run

from harness.live import limits
from harness.live.limits import DAY_S, MINUTE_S, Schedule
from harness.model.catalog import Limits
from harness.model.problem import HarnessError

LONG_S = 12 * 3600


@pytest.fixture(autouse=True, scope="module")
def looking_seldom():
    """What costs nothing in these tests is time; looking does."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "LOOK_S", 1.0)
        yield


class Endpoint:
    """Counts a request at a moment between its sending and its answer, which nobody else knows."""

    def __init__(self):
        self.came = []
        self.running = self.most = 0

    async def answer(self, seconds, part):
        await asyncio.sleep(seconds * part)
        self.came.append(asyncio.get_running_loop().time())
        await asyncio.sleep(seconds * (1 - part))

    def most_within(self, period):
        """The most that came within any time of a length, its end left out."""
        came = sorted(self.came)
        return max(
            (sum(start <= moment < start + period for moment in came) for start in came), default=0
        )


async def sample(schedule, endpoint, count, requests):
    async with schedule.turn(count) as turn:
        endpoint.running += 1
        endpoint.most = max(endpoint.most, endpoint.running)
        for seconds, part, pause in requests:
            async with turn.request():
                await endpoint.answer(seconds, part)
            await asyncio.sleep(pause)
        endpoint.running -= 1


def work(folder, allowed, samples):
    """An endpoint that two runs have asked, and how long that took."""

    async def all_of_it():
        loop = asyncio.get_running_loop()
        runs = [Schedule(folder / "book.json", allowed, loop.time) for _ in range(2)]
        endpoint, started = Endpoint(), loop.time()
        async with asyncio.timeout(LONG_S):
            await asyncio.gather(
                *(
                    sample(runs[number % 2], endpoint, count, requests)
                    for number, (count, requests) in enumerate(samples)
                )
            )
        return endpoint, loop.time() - started

    return run(all_of_it())


AT_ONCE = (1.0, 0.5, 0.0)


def test_two_samples_that_each_ask_again_do_not_wait_for_each_other(tmp_path):
    twice = (1, [AT_ONCE, AT_ONCE])
    endpoint, took = work(tmp_path, Limits(per_minute=2), [twice, twice])
    assert len(endpoint.came) == 4
    assert 60 <= took <= 63


def test_a_sample_of_more_requests_than_a_minute_allows_sends_them_in_two(tmp_path):
    endpoint, took = work(tmp_path, Limits(per_minute=2), [(3, [AT_ONCE] * 3)])
    assert endpoint.most_within(MINUTE_S) == 2
    assert took > 60


def test_a_request_more_than_a_day_allows_is_refused_and_not_waited_for(tmp_path):
    with pytest.raises(HarnessError, match="limit for a day is used up"):
        work(tmp_path, Limits(per_day=1), [(1, [AT_ONCE, AT_ONCE])])


def test_who_asks_again_needs_no_other_place_among_those_at_once(tmp_path):
    twice = (1, [AT_ONCE, AT_ONCE])
    endpoint, took = work(tmp_path, Limits(concurrent=2), [twice] * 3)
    assert endpoint.most == 2
    assert took < 6


requests = st.lists(
    st.tuples(
        st.floats(0, 20, allow_subnormal=False), st.floats(0, 1), st.sampled_from([0.0, 0.3, 40.0])
    ),
    max_size=4,
)


@settings(max_examples=30, deadline=None)
@given(
    per_minute=st.integers(1, 5),
    per_day=st.none() | st.integers(40, 60),
    concurrent=st.none() | st.integers(1, 3),
    samples=st.lists(st.tuples(st.integers(1, 4), requests), max_size=6),
)
def test_all_come_to_their_end_and_no_window_holds_more_than_allowed(
    per_minute, per_day, concurrent, samples
):
    allowed = Limits(per_minute=per_minute, per_day=per_day, concurrent=concurrent)
    with tempfile.TemporaryDirectory() as folder:
        endpoint, _ = work(Path(folder), allowed, samples)
    assert len(endpoint.came) == sum(len(asked) for _, asked in samples)
    assert endpoint.most_within(MINUTE_S) <= per_minute
    assert endpoint.most_within(DAY_S) <= (per_day or len(endpoint.came))
    assert endpoint.most <= (concurrent or len(samples))
