"""How much there is to say of a run, the sample decides; how much of it is kept, it does not."""

import msgspec

from harness.checks.judge import MOST, MOST_TEXT, judge
from harness.model.observation import KEPT_BYTES, KEPT_REQUESTS, Attempt


def judged(evidence, **changes):
    return judge(evidence.cell, msgspec.structs.replace(evidence.observation, **changes))


def test_of_many_findings_the_first_are_kept_and_how_many_more_there_are(run):
    attempts = tuple(
        Attempt(kind="udp", host=f"10.0.{n // 256}.{n % 256}", port=9) for n in range(1272)
    )
    found = [
        one
        for one in judged(run("curl"), attempts=attempts).findings
        if one.check == "network.sealed"
    ]
    assert len(found) == MOST + 1
    assert "10.0.0.0:9" in found[0].message
    assert (found[-1].message, found[-1].severity) == ("and 1,252 more of this kind", "error")


def test_of_long_texts_and_lists_the_beginning_is_kept(run):
    more = tuple(("Content-Type", f"x/{number}") for number in range(100))
    evidence = run("curl", shown=b"x" * 100_000 + b"\n", more=more)
    found = {one.check: one for one in judged(evidence).findings}
    assert found["request.headers"].received[MOST:] == [f"and {101 - MOST} more"]
    whole = judged(
        run("curl", evidence.cell.scenario.body(evidence.cell.model), shown=b"x" * 100_000)
    )
    received = {one.check: one for one in whole.findings}["output.text"].received
    assert len(received) < MOST_TEXT + 50
    assert received.endswith("and 80,000 more characters")


def test_a_message_names_few_requests(run):
    [found] = [
        one
        for one in judged(run("curl", *[{}] * 1000, target=f"/{'x' * 5000}")).findings
        if one.check == "request.count"
    ]
    assert "it sent 1000" in found.message
    assert len(found.message) < 5_000


def test_what_is_kept_of_a_run_that_failed_is_bounded(run):
    observation = run("curl", *[b"x" * 100_000] * 50, shown=b"x" * 100_000).observation
    kept = observation.shortened(requests=True)
    assert len(kept.stdout) == KEPT_BYTES
    assert [len(one.body) for one in kept.requests] == [KEPT_BYTES] * KEPT_REQUESTS
    assert kept.cut == (
        "stdout: the first 65,536 of 100,000 bytes",
        "requests: the first 20 of 50",
        "bodies of requests: the first 65,536 bytes of each",
    )
    assert observation.shortened(requests=False).requests == observation.requests
    little = run("curl").observation
    assert little.shortened(requests=True) == little
