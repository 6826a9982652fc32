"""What one run may send is counted over all of its connections, and the first limit it passes is told once."""

import pytest

from harness.gateway.budget import Budget, Limits

LIMITS = Limits(requests=2, connections=3, at_once=2, bytes=10, hosts=1)
WAYS = {
    "2 requests": [Budget.request] * 3,
    "3 connections": [Budget.connection, Budget.closed] * 4,
    "2 connections at once": [Budget.connection] * 3,
    "10 bytes": [lambda budget: budget.data(6)] * 2,
    "1 hosts": [lambda budget: budget.host("a"), lambda budget: budget.host("b")],
}


@pytest.mark.parametrize(("over", "steps"), WAYS.items(), ids=WAYS)
def test_what_goes_beyond_a_limit_is_told_once(over, steps):
    told = []
    budget = Budget(LIMITS, lambda: told.append(1))
    allowed = [step(budget) for step in steps]
    assert budget.over == over
    assert told == [1]
    assert False in allowed
    assert not budget.request()
    assert told == [1]


def test_what_keeps_to_the_limits_is_allowed():
    budget = Budget(LIMITS)
    for _ in range(2):
        assert budget.connection()
        assert budget.request()
        assert budget.data(5)
        assert budget.host("A.example")
        assert budget.host("a.example")
        budget.closed()
    assert budget.over == ""
