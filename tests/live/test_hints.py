"""How long an endpoint asks to be left alone, in the forms in which services say it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.live.hints import LONGEST_S, left_alone_s
from harness.model.recording import Response

NOW = 1768478400.0
"""2026-01-15, 12:00:00 UTC."""


def asked(*headers, message=""):
    body = json.dumps({"error": {"code": "429", "message": message}}).encode()
    response = Response(
        status=429, reason="", headers=headers, framing="length", body=body, chunks=()
    )
    return left_alone_s(response, NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-1", 0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("1, 2", 2),
        ("1s", 1),
        ("1e300", LONGEST_S),
        ("Thu, 15 Jan 2026 12:00:10 GMT", 10),
        ("Thursday, 15-Jan-26 12:00:10 GMT", 10),
        ("Thu Jan 15 12:00:10 2026", 10),
        ("2026-01-15T12:00:10Z", 10),
        ("Thu, 15 Jan 2026 11:59:00 GMT", 0),
    ],
)
def test_retry_after_is_read_in_every_form(value, seconds):
    assert asked(("Retry-After", value)) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3.5s", 3723.5),
        ("20ms", 0.02),
        ("59.70s", 59.7),
        ("12", 12),
        ("1768478460", 60),
        ("1768478460.5", 60.5),
        ("1768478460000", 60),
        ("2026-01-15T12:01:00Z", 60),
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        "x-ratelimit-reset",
        "x-ratelimit-reset-requests",
        "RateLimit-Reset",
        "anthropic-ratelimit-tokens-reset",
    ],
)
def test_limits_that_are_reset_are_waited_for(name, value, seconds):
    assert asked((name, value)) == pytest.approx(seconds)


def test_a_limit_of_which_something_is_left_need_not_be_waited_for():
    headers = [
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ]
    assert asked(*headers) == 1
    headers[2] = ("x-ratelimit-remaining-tokens", "0")
    assert asked(*headers) == 360


def test_the_longest_of_several_counts_and_the_plainest_hint_first():
    assert asked(("Retry-After", "1"), ("retry-after", "2")) == 2
    assert asked(("retry-after-ms", "300"), ("Retry-After", "1")) == 0.3
    assert asked(("Retry-After", "3"), ("x-ratelimit-reset-requests", "1s")) == 3
    assert asked(("Retry-After", "soon"), ("x-ratelimit-timeremaining", "46")) == 46


def test_a_moment_is_one_of_the_endpoints_own_clock():
    late = ("Date", "Thu, 15 Jan 2026 13:00:00 GMT")
    assert asked(late, ("Retry-After", "Thu, 15 Jan 2026 13:00:03 GMT")) == 3


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Rate limit of 10 per 60s exceeded. Please wait 46 seconds before retrying.", 46),
        ("Please try again in 1m26.5s.", 86.5),
        ("Please retry in 27.5s", 27.5),
        ("Try again in 20ms.", 0.02),
        ("Retry after 2 hours", 7200),
        ("Please wait a while", None),
        ("Please wait 5 apples", None),
    ],
)
def test_words_count_where_no_header_says_anything(message, seconds):
    assert asked(message=message) == seconds
    assert asked(("retry-after", "1"), message=message) == 1


@given(st.text(), st.text())
def test_no_value_and_no_words_break_it(value, message):
    for name in ("retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "date"):
        found = asked((name, value), message=message)
        assert found is None or 0 <= found <= LONGEST_S
