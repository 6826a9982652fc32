import asyncio

import pytest

from harness.gateway.patient import Patient


async def at_once():
    return 1


async def later():
    await asyncio.sleep(0)
    await asyncio.sleep(0.001)
    return 2


async def fails():
    await asyncio.sleep(0)
    raise ZeroDivisionError


async def stubborn():
    for _ in range(2):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
    return 3


def tried(coroutine):
    """What comes of it, and how many waits were told of."""
    told = []

    async def run():
        return await Patient(coroutine, lambda: told.append(1))

    try:
        return asyncio.run(run()), len(told)
    except ZeroDivisionError as error:
        return type(error), len(told)


def test_each_wait_is_told_of_and_nothing_else():
    assert tried(at_once()) == (1, 0)
    assert tried(later()) == (2, 2)
    assert tried(fails()) == (ZeroDivisionError, 1)


def test_the_wait_is_told_of_before_it_begins():
    async def run():
        gate = asyncio.Event()
        await Patient(gate.wait(), gate.set)

    asyncio.run(asyncio.wait_for(run(), 5))


@pytest.mark.parametrize("thing", [later, stubborn])
def test_a_cancelled_wait_ends_as_it_would_alone(thing):
    async def run(awaited):
        task = asyncio.ensure_future(awaited)
        for _ in range(2):
            await asyncio.sleep(0)
            task.cancel()
        return (await asyncio.gather(task, return_exceptions=True))[0]

    async def wrapped():
        return await Patient(thing(), lambda: None)

    alone, inside = asyncio.run(run(thing())), asyncio.run(run(wrapped()))
    assert type(alone) is type(inside)
    assert alone == inside or isinstance(alone, asyncio.CancelledError)
