"""The limits of a tier, told as the service told them."""

import asyncio
import json

import msgspec
import pytest

from harness.gateway.limited import Limited
from harness.gateway.responder import Head, Request, error_parts
from harness.live.hints import left_alone_s
from harness.model.catalog import Limits
from harness.model.recording import Response


class Fine:
    async def respond(self, request):
        head, chunk, end = error_parts(200, "OK", "", "")
        yield head
        yield chunk
        yield end


@pytest.fixture
def ask():
    """Sends a request at a moment, and gives head and body of the answer."""
    now = 0.0
    limited = Limited(Fine(), Limits(per_minute=1, tokens_in=20), lambda: now)

    def send(at, text="Hi"):
        nonlocal now
        now = at
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
        request = Request(
            scheme="https", host="h", port=443, method="POST", target="/", headers=(), body=body
        )

        async def parts():
            return [part async for part in limited.respond(request)]

        head, chunk, _ = asyncio.run(parts())
        return head, chunk.data

    return send


def test_a_refusal_repeats_its_message_as_details_and_is_understood(ask):
    ask(0)
    head, body = ask(20)
    error = json.loads(body)["error"]
    assert (head.status, error["code"]) == (429, "RateLimitReached")
    assert error["details"] == error["message"]
    assert head.length == len(body)
    refusal = Response(
        status=429, reason="", headers=head.headers, framing="length", body=body, chunks=()
    )
    assert left_alone_s(refusal, 0) == 40
    assert left_alone_s(msgspec.structs.replace(refusal, headers=()), 0) == 40  # by its words


def test_an_answer_tells_when_limits_are_reset(ask):
    ask(0)
    head, _ = ask(61)
    assert isinstance(head, Head)
    told = dict(head.headers)
    assert told["x-ratelimit-reset-requests"] == "60"
    assert told["x-ratelimit-remaining-requests"] == "0"


def test_a_body_that_is_too_large_has_details_too(ask):
    head, body = ask(0, "word " * 100)
    error = json.loads(body)["error"]
    assert (head.status, error["code"]) == (413, "tokens_limit_reached")
    assert error["details"] == error["message"]
