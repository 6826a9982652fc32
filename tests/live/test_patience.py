"""What is waited for a 429, within one budget, and what a request gets that must not be sent."""

import asyncio
import math

from virtual import run

from harness.gateway.responder import Head, Request, error_parts
from harness.live.limits import Schedule
from harness.live.patient import Budget, Patient
from harness.model.catalog import Limits

ASKED = Request(scheme="http", host="h", port=80, method="POST", target="/", headers=(), body=b"")


class Scripted:
    """Answers with one status after the other, the last for ever; 429 with a hint."""

    def __init__(self, hint, *statuses):
        self.hint = hint
        self.statuses = list(statuses)
        self.asked = 0

    async def respond(self, request):
        self.asked += 1
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        head, chunk, end = error_parts(status, "", "c", "m")
        hints = (("retry-after", self.hint),) if status == 429 and self.hint else ()
        yield Head(
            status=status,
            reason="",
            headers=(*head.headers, *hints),
            framing="length",
            length=head.length,
        )
        yield chunk
        yield end


def heads(tmp_path, inner, *, budget_s=120.0, left_s=math.inf, limits=None, times=1):
    """The heads of answers to a number of requests of one sample, how long each took, and who waited."""

    async def all_of_it():
        loop = asyncio.get_running_loop()
        schedule = Schedule(tmp_path / "book.json", limits or Limits(), loop.time)
        found = []
        async with schedule.turn(1) as turn:
            patient = Patient(
                inner,
                schedule=schedule,
                turn=turn,
                budget=Budget(budget_s, loop.time),
                until=loop.time() + left_s,
            )
            for _ in range(times):
                started = loop.time()
                parts = [part async for part in patient.respond(ASKED)]
                found.append((parts[0], round(loop.time() - started)))
        return found, patient

    return run(all_of_it())


def test_a_wait_is_as_long_as_asked_and_grows_where_that_was_in_vain(tmp_path):
    [(head, took)], patient = heads(tmp_path, Scripted("0", 429, 429, 429, 429, 200))
    assert (head.status, took) == (200, 7)
    assert patient.waited_s == [0, 1, 2, 4]
    [(head, took)], _ = heads(tmp_path, Scripted("30", 429, 200))
    assert (head.status, took) == (200, 30)
    [(head, took)], _ = heads(tmp_path, Scripted("", 429, 200))
    assert (head.status, took) == (200, 10)


def test_what_is_too_long_is_not_waited_for_and_not_asked_again(tmp_path):
    for limit in ({"budget_s": 20}, {"left_s": 20}):
        inner = Scripted("30", 429)
        found, patient = heads(tmp_path, inner, times=3, **limit)
        assert [(head.status, took) for head, took in found] == [(429, 0)] * 3
        assert inner.asked == 1
        assert patient.asked_s == 30
        assert not any(name == "retry-after" for head, _ in found for name, _ in head.headers)


def test_who_waits_beside_others_costs_nothing_more():
    now = 100.0
    budget = Budget(30, lambda: now)
    assert budget.take(20)
    assert budget.take(20)
    assert budget.take(25)
    assert budget.left_s == 5
    assert not budget.take(40)
    assert budget.left_s == 5


def test_a_request_beyond_the_days_limit_is_not_sent_and_no_fault_of_the_gateway(tmp_path):
    inner = Scripted("", 200)
    found, _ = heads(tmp_path, inner, limits=Limits(per_day=1), times=2)
    assert inner.asked == 1
    assert found[1][0].no_answer.cause == "limits"
    assert "limit for a day is used up" in found[1][0].no_answer.message


def test_a_request_for_which_there_is_no_time_is_not_sent(tmp_path):
    inner = Scripted("", 200)
    found, _ = heads(tmp_path, inner, limits=Limits(per_minute=1), left_s=20, times=2)
    assert inner.asked == 1
    assert found[1][0].no_answer.cause == "limits"
    assert "allowed no request more within the sample's time" in found[1][0].no_answer.message
