"""A run keeps within an endpoint's limits, and knows ahead how long that takes."""

import asyncio
import multiprocessing
import threading
import time

import pytest
from upstreams import reply, right, upstream

from harness.gathering import Gathering
from harness.live.limits import DAY_S, Schedule
from harness.live.run import Live
from harness.live.target import Target
from harness.model.catalog import Endpoint, Limits
from harness.model.problem import HarnessError
from harness.runner.stage import Stage
from harness.suite import run_suite
from harness.toolchain.cache import made_state
from harness.toolchain.ready import prepare_all

SPEED = 15
MINUTE = 60 / SPEED
LIMITS = Limits(per_minute=15, concurrent=5)


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def schedule(tmp_path, clock):
    def make(limits):
        return Schedule(tmp_path / "book.json", limits, clock, clock.sleep)

    return make


async def ask(schedule, clock, times, count=1, seconds=0.0):
    """When each of a number of samples got its turn, one after the other."""
    begun = []
    started = clock.now
    for _ in range(times):
        async with schedule.turn(count):
            begun.append(clock.now - started)
            clock.now += seconds
    return begun


def test_a_turn_comes_a_minute_after_the_one_that_makes_room_has_ended(schedule, clock):
    begun = asyncio.run(ask(schedule(Limits(per_minute=2)), clock, 5, seconds=1))
    assert begun == [0, 1, 61, 62, 122]


def test_a_sample_of_several_requests_counts_for_all(schedule, clock):
    begun = asyncio.run(ask(schedule(Limits(per_minute=4)), clock, 3, count=2))
    assert begun == [0, 0, 60]


def test_the_day_is_counted_across_runs(schedule, clock):
    limits = Limits(per_day=3)
    assert asyncio.run(ask(schedule(limits), clock, 2)) == [0, 0]
    assert schedule(limits).left_today() == 1
    asyncio.run(ask(schedule(limits), clock, 1))
    with pytest.raises(HarnessError, match="limit for a day is used up") as told:
        asyncio.run(ask(schedule(limits), clock, 1))
    assert "in 24.0 hours" in told.value.remedy
    clock.now += DAY_S
    assert schedule(limits).left_today() == 3


def test_nobody_asks_while_the_endpoint_wants_to_be_left_alone(schedule, clock):
    mine, yours = schedule(LIMITS), schedule(LIMITS)
    mine.leave_alone(30)
    assert asyncio.run(ask(yours, clock, 1)) == [30]


def test_no_more_at_once_than_allowed(schedule, clock):
    limits = Limits(concurrent=2)
    most = at_once = 0

    async def one(schedule):
        nonlocal at_once, most
        async with schedule.turn(1):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.01)
            at_once -= 1

    async def many():
        # Two schedules stand for two runs.
        await asyncio.gather(*(one(which) for which in (schedule(limits), schedule(limits)) * 5))

    asyncio.run(many())
    assert most == 2


def take(path, begin, count):
    async def run():
        schedule = Schedule(path, Limits(per_day=500, per_minute=500))
        for _ in range(count):
            async with schedule.turn(1):
                pass

    begin.wait()
    asyncio.run(run())


def test_two_runs_at_once_lose_no_count(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    begin = spawn.Event()
    path = tmp_path / "book.json"
    runs = [spawn.Process(target=take, args=(path, begin, 60)) for _ in range(2)]
    for run in runs:
        run.start()
    begin.set()
    for run in runs:
        run.join(60)
        assert run.exitcode == 0
    assert Schedule(path, Limits(per_day=500)).left_today() == 500 - 120


def hold(path, taken):
    async def run():
        async with Schedule(path, Limits(per_minute=2, concurrent=1)).turn(1):
            taken.set()
            await asyncio.sleep(60)

    asyncio.run(run())


def test_a_run_that_is_killed_gives_its_turn_back(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    taken, path = spawn.Event(), tmp_path / "book.json"
    run = spawn.Process(target=hold, args=(path, taken))
    run.start()
    assert taken.wait(30)
    run.kill()
    run.join()
    schedule = Schedule(path, Limits(per_minute=2, concurrent=1))
    started = time.monotonic()

    async def one():
        async with schedule.turn(1):
            return time.monotonic() - started

    assert asyncio.run(asyncio.wait_for(one(), 10)) < 5
    assert schedule.predict([(1, 1)], 1) > 50  # what it asked for counts all the same


def test_a_book_that_cannot_be_kept_is_our_own_fault(tmp_path):
    (tmp_path / "file").write_text("")
    schedule = Schedule(tmp_path / "file" / "book.json", LIMITS)
    with pytest.raises(HarnessError, match="cannot be kept"):
        schedule.left_today() if LIMITS.per_day else schedule.leave_alone(1)


class Strict:
    """An endpoint that enforces what it says, by its own count of what arrives."""

    def __init__(self):
        self.lock = threading.Lock()
        self.came = []
        self.at_once = self.most = 0
        self.refused = 0

    def answer(self, request):
        now = time.monotonic()
        with self.lock:
            recent = [moment for moment in self.came if moment > now - MINUTE]
            self.came.append(now)
            if len(recent) >= LIMITS.per_minute or self.at_once >= LIMITS.concurrent:
                self.refused += 1
                yield reply("429 Too Many Requests", {}, headers=[("retry-after", "60")])
                return
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(0.03)
        pieces = list(right(request))
        with self.lock:
            self.at_once -= 1
        yield from pieces


class Heard:
    """Keeps what it is told of."""

    def __init__(self):
        self.outcomes = []

    def begun(self, cell):
        pass

    def outcome(self, one):
        self.outcomes.append(one)

    def parity(self, one):
        assert one.verdict == "skipped"  # there is one client


@pytest.fixture
def stage(root, project, tmp_path):
    client = project.clients["curl"]
    ready = prepare_all([client], root, made_state(root), print)
    made = Stage(root, tmp_path / "state", ready, hosts=project.catalog.hosts)
    made.authority.prepare([project.catalog.endpoint.host])
    yield made
    made.close()


def test_sixty_samples_earn_no_429_and_take_as_long_as_predicted(project, stage, tmp_path):
    models = [project.catalog.default_model, *(f"model-{number}" for number in range(19))]
    cells = [cell for cell in project.cells(models) if cell.client.name == "curl"]
    assert len(cells) == 60
    strict = Strict()
    with upstream(strict.answer) as endpoint:
        target = Target(Endpoint(name="strict", title="Strict", url=endpoint.url), LIMITS, "")
        schedule = Schedule(
            tmp_path / "book.json",
            LIMITS,
            lambda: time.time() * SPEED,
            lambda seconds: asyncio.sleep(seconds / SPEED),
        )
        live = Live(target, stage.state, limit_s=60, budget_s=0, schedule=schedule)
        jobs = schedule.at_once(8)
        heard = Heard()

        async def run():
            await run_suite(cells, stage, Gathering(cells, heard), jobs=jobs, run=live.run_cell)

        started = time.monotonic()
        asyncio.run(run())
        took = time.monotonic() - started
        live.durations.save()
    fresh = Schedule(tmp_path / "another.json", LIMITS, lambda: time.time() * SPEED)
    later = Live(target, stage.state, limit_s=60, budget_s=0)
    known = [later.durations.of(cell) / 1000 * SPEED for cell in cells]
    predicted = fresh.predict([(1, seconds) for seconds in known], jobs) / SPEED
    assert {one.verdict for one in heard.outcomes} == {"pass"}, heard.outcomes[0]
    assert (len(heard.outcomes), len(strict.came), strict.refused) == (60, 60, 0)
    assert strict.most <= 5
    assert took == pytest.approx(predicted, rel=0.1)
