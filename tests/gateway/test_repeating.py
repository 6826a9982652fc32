import json

import msgspec
from test_replay import EXPECTED, changed, exchange, replay, request
from wire import collect

from harness.gateway import repeating
from harness.gateway.repeating import Repeating


def test_every_request_gets_the_exchange():
    responder = Repeating(replay(exchange(b"one", 3)))
    bodies = [collect(responder, request())[1].data for _ in range(5)]
    assert bodies == [b"one"] * 5


def test_of_many_exchanges_the_first_that_matches_answers():
    elsewhere = msgspec.structs.replace(exchange(b"two", 3), path="/other")
    responder = Repeating(replay(exchange(b"one", 3), elsewhere))
    for _ in range(2):
        assert collect(responder, request(target="/base/other"))[1].data == b"two"
        assert collect(responder, request())[1].data == b"one"
    assert "expected /base/chat, " in collect(responder, request(target="/base/x"))[0].miss


def test_what_was_matched_before_is_answered_alike():
    responder = Repeating(replay())
    assert collect(responder, request()) == collect(responder, request())
    assert collect(responder, request())[0].miss is None


def test_a_miss_stays_a_miss_and_hides_no_match():
    responder = Repeating(replay())
    for _ in range(2):
        assert "$.stream" in collect(responder, request(changed(stream=False)))[0].miss
        assert collect(responder, request())[0].miss is None
        assert "path" in collect(responder, request(target="/chat"))[0].miss
        assert "method" in collect(responder, request(method="PUT"))[0].miss


def test_what_is_remembered_has_its_limits(monkeypatch):
    monkeypatch.setattr(repeating, "REMEMBERED", 3)
    responder = Repeating(replay())
    spellings = [json.dumps(EXPECTED, indent=number).encode() for number in range(8)]
    long = json.dumps(EXPECTED).encode() + b" " * repeating.REMEMBERED_SIZE
    for body in [*spellings, *spellings, long]:
        assert collect(responder, request(body))[0].miss is None
    assert [body for _, _, body in responder._answers] == spellings[-3:]
