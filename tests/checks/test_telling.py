"""An error is told by its meaning, in whatever spelling a client has for it."""

import json

import pytest

from harness.checks.telling import tells
from harness.model.failure import Failure

LONG = "It is too long."
RIGHT = [
    ({"error": {"code": 400, "message": LONG}}, f"400: {LONG}"),
    ({"error": {"code": 4e2, "message": LONG}}, f"400: {LONG}"),
    ({"error": {"code": "e1", "message": "It  is\n too long."}}, f"e1: {LONG}"),
    ({"error": {"code": None, "message": LONG}}, LONG),
    ({"error": {"code": None, "message": LONG}}, f"HTTP 400: {LONG}"),
    (
        {"error": {"code": None, "message": LONG}},
        f'HTTP 400: {{"error":{{"message":"{LONG}","code":null}}}}',
    ),
    ({"error": {"message": 'Say "no".'}}, 'HTTP 400: {"error": {"message":   "Say \\"no\\"."}}'),
    ({"error": {"message": "one\u2028two"}}, "one\u2028two"),
    ({"error": LONG}, LONG),
    ({"error": LONG}, f'HTTP 400: {{"error": "{LONG}"}}'),
    ({"error": ["Too long.", 1.0]}, 'HTTP 400: {"error":["Too long.", 1]}'),
    # Without what the service puts an error in, as proxies and other servers send it.
    ({"code": 400, "message": LONG, "object": "error"}, f"400: {LONG}"),
    ({"statusCode": 401, "message": LONG}, f'HTTP 401: {{"statusCode": 401, "message": "{LONG}"}}'),
    ({"statusCode": 401, "message": LONG}, f"HTTP 401: {LONG}"),
    ({"b": 1, "a": 2.5, "c": "é"}, 'HTTP 400 {"c": "\\u00e9", "a": 2.50, "b": 1e0}'),
    (
        {"error": {"code": "e1", "message": None}},
        'HTTP 400: {"error":{"message":null,"code":"e1"}}',
    ),
]
WRONG = [
    ({"error": {"code": 400, "message": LONG}}, LONG),
    ({"error": {"code": 400, "message": LONG}}, "400"),
    ({"error": {"code": 400, "message": LONG}}, "undefined: undefined"),
    ({"error": {"code": None, "message": LONG}}, f"undefined: {LONG}"),
    ({"error": {"code": None, "message": LONG}}, f"None: {LONG}"),
    ({"error": {"code": None, "message": LONG}}, "HTTP 400"),
    ({"error": {"code": "e1", "message": None}}, "e1: undefined"),
    ({"error": ["Too long."]}, "HTTP 400"),
    ({"error": ["Too long."]}, '{"error": ["Too long."]}'),
    ({"code": 400, "message": LONG, "object": "error"}, "HTTP 400: Bad Request"),
    ({"statusCode": 401, "message": LONG}, f"undefined: {LONG}"),
    ({"statusCode": 401, "message": LONG}, "HTTP 401"),
    ({"detail": LONG}, "HTTP 404"),
    ({"b": 1, "a": 2}, 'HTTP 400 {"a": 2, "b": true}'),
]


def failure(project, error):
    body = json.dumps(error)
    return project.operations["chat"].error_with_status(body)


@pytest.mark.parametrize(("error", "line"), RIGHT)
def test_what_tells_an_error(project, error, line):
    assert tells(line, failure(project, error), 400)


@pytest.mark.parametrize(("error", "line"), WRONG)
def test_what_does_not_tell_an_error(project, error, line):
    assert not tells(line, failure(project, error), 400)


def test_a_body_that_is_no_json_is_told_whole():
    found = Failure(text="Model not found;\n expected another.")
    assert tells("HTTP 400: Model not found; expected another.", found, 400)
    assert not tells("HTTP 400: Model not found", found, 400)
    assert not tells("Model not found; expected another.", found, 400)
