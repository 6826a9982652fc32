"""What the echo and the responders around it answer and refuse, without a wire."""

import json

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import Echo as Anything
from wire import collect

from harness.gateway.echo import Echo
from harness.gateway.example import example
from harness.gateway.library import REMEMBERED_SIZE, Library
from harness.gateway.limited import DAY_S, MINUTE_S, Limited
from harness.gateway.listing import Listing
from harness.gateway.made_up import tokens
from harness.gateway.responder import Chunk, Head, header
from harness.model import jsonvalue
from harness.model.catalog import Limits
from harness.model.observation import SeenRequest

MESSAGES = [{"role": "user", "content": "Hello"}]
MODEL = "Phi-3-mini-4k-instruct"
FUNCTION = {"name": "f"}
KIND = ("Content-Type", "application/json")
TOOL = {"type": "function", "function": FUNCTION}


def request(body, host="models.inference.ai.azure.com", token="t", **changes):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = SeenRequest(
        scheme="https",
        host=host,
        port=443,
        method="POST",
        target="/chat/completions",
        headers=(KIND, ("Authorization", f"Bearer {token}")) if token else (KIND,),
        body=data,
    )
    return msgspec.structs.replace(found, **changes)


def asked(**changes):
    return request({"model": MODEL, "messages": MESSAGES} | changes)


def answer(responder, asking):
    parts = collect(responder, asking)
    head = next(part for part in parts if isinstance(part, Head))
    body = b"".join(part.data for part in parts if isinstance(part, Chunk))
    return head, body


def refused(responder, asking):
    head, body = answer(responder, asking)
    return head.status, json.loads(body)["error"]


@pytest.fixture(scope="module")
def echo(project):
    return Echo(project.catalog, any_model=False)


def test_the_same_request_gets_the_same_answer(echo):
    first, second = answer(echo, asked(n=2)), answer(echo, asked(n=2))
    other = answer(echo, asked(n=2, seed=1))
    assert first == second
    assert json.loads(first[1])["id"] != json.loads(other[1])["id"]


def test_a_whole_answer_has_the_recorded_shape(echo, project):
    recorded = json.loads(project.recordings["basic"].exchanges[0].response.body)
    got = json.loads(answer(echo, asked())[1])
    assert got.keys() == recorded.keys()
    assert got["choices"][0].keys() == recorded["choices"][0].keys()
    assert got["choices"][0]["message"].keys() == recorded["choices"][0]["message"].keys()


def test_no_credentials_are_refused(echo):
    for asking in (request({}, token=""), request({}, token=" ")):
        status, error = refused(echo, asking)
        assert (status, error["code"], error["details"]) == (401, "unauthorized", "Bad credentials")


def test_an_unknown_model_is_refused_and_a_publisher_is_not(echo, project):
    status, error = refused(echo, asked(model="gpt-9"))
    assert (status, error["code"], error["message"]) == (
        400,
        "unknown_model",
        "Unknown model: gpt-9",
    )
    assert answer(echo, asked(model=f"microsoft/{MODEL}"))[0].status == 200
    assert answer(Echo(project.catalog), asked(model="gpt-9"))[0].status == 200


def test_a_form_is_refused(echo):
    form = (("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", "Bearer t"))
    head, body = answer(echo, msgspec.structs.replace(asked(), headers=form))
    assert (head.status, json.loads(body)["error"]["code"]) == (415, "unsupported_media_type")


def test_a_host_that_wants_a_publisher_says_so_in_plain_text(echo):
    head, body = answer(echo, msgspec.structs.replace(asked(), host="models.github.ai"))
    assert (head.status, header(head.headers, "content-type")) == (400, "text/plain; charset=utf-8")
    assert body.startswith(b"Model not found; expected format: {publisher}/{model_name}.")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "messages"),
        ({"messages": "Hello"}, "$.messages"),
        ({"messages": [{"role": "usr", "content": "x"}]}, "$.messages[0].role"),
        ({"messages": [{"role": "user"}]}, "$.messages[0]"),
        ({"messages": MESSAGES, "temperature": 3}, "$.temperature"),
        ({"messages": MESSAGES, "stream": "yes"}, "$.stream"),
        ({"messages": MESSAGES, "n": 0}, "$.n"),
        ({"messages": MESSAGES, "tools": [{"type": "tool", "function": FUNCTION}]}, "$.tools[0]"),
        ({"messages": MESSAGES, "response_format": {"type": "yaml"}}, "$.response_format.type"),
        ([], "object"),
    ],
)
def test_an_invalid_value_is_refused_with_its_place(echo, body, where):
    status, error = refused(echo, request(body))
    assert status == 422
    assert any(where in line for line in error), error


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tool_choice": "required"}, "'tool_choice' is only allowed"),
        (
            {"tools": [TOOL], "tool_choice": {**TOOL, "function": {"name": "g"}}},
            "names no function",
        ),
        ({"functions": [FUNCTION], "function_call": {"name": "g"}}, "names no function"),
        ({"response_format": {"type": "json_object"}}, "the word 'json'"),
        ({"messages": [{"role": "tool", "tool_call_id": "1", "content": ""}]}, "role 'tool'"),
    ],
)
def test_what_contradicts_itself_is_refused(echo, changes, says):
    status, error = refused(echo, asked(**changes))
    assert status == 400
    assert says in error["message"]


NESTED = {"type": "array", "minItems": 9, "items": {"$ref": "#"}}


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"properties": {"a": {"type": "string", "minLength": 500_000_000}}}, "500,000,000 char"),
        ({"properties": {"a": {"type": "array", "minItems": 500_000_000}}}, "500,000,000 items"),
        (NESTED, "more than the 10,000 values"),
        (
            {"properties": {key: {"$ref": "#"} for key in "abcdefghijkl"}},
            "more than the 10,000 values",
        ),
        ({"minLength": "many"}, "not a JSON Schema: $.minLength"),
        ({"properties": []}, "not a JSON Schema: $.properties"),
    ],
)
def test_a_schema_that_asks_for_too_much_is_refused(echo, schema, says):
    formed = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    called = {"tools": [{"type": "function", "function": FUNCTION | {"parameters": schema}}]}
    for changes in ({"response_format": formed}, called):
        status, error = refused(echo, asked(**changes))
        assert status == 400
        assert says in error["message"]


def test_a_long_message_is_not_echoed_whole(echo):
    _, body = answer(echo, asked(messages=[{"role": "user", "content": "x" * 300_000}]))
    assert 100_000 < len(body) < 102_000


def test_what_is_no_chat_request_is_refused(echo):
    assert refused(echo, request(b"{"))[1]["message"].startswith("The body is not JSON")
    assert refused(echo, request({}, method="GET"))[0] == 405
    assert refused(echo, request({}, target="/nothing"))[0] == 404


@given(st.text())
def test_tokens_are_the_text(text):
    assert "".join(tokens(text)) == text


def schemas():
    plain = st.sampled_from(
        [
            {"type": "string"},
            {"type": "string", "minLength": 9, "maxLength": 12},
            {"type": "string", "format": "date"},
            {"type": "integer", "minimum": 3},
            {"type": "number", "exclusiveMinimum": 2},
            {"type": "boolean"},
            {"type": "null"},
            {"const": 7},
            {"enum": ["b", "a"]},
            {"type": ["string", "null"]},
            {"$ref": "#/$defs/point"},
        ]
    )
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.dictionaries(st.sampled_from("abcd"), inner, max_size=3).map(
                lambda found: {
                    "type": "object",
                    "properties": found,
                    "required": list(found),
                    "additionalProperties": False,
                }
            ),
            inner.map(lambda one: {"type": "array", "items": one, "minItems": 2}),
            inner.map(lambda one: {"anyOf": [one, {"type": "null"}]}),
        ),
        max_leaves=8,
    )


@given(st.dictionaries(st.sampled_from("xyz"), schemas(), max_size=3))
@settings(max_examples=60)
def test_an_example_is_what_its_schema_allows(properties):
    point = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}
    schema = {"properties": properties, "required": list(properties), "$defs": {"point": point}}
    jsonschema.validate(example(schema), schema)


def test_a_schema_that_holds_itself_has_an_example():
    node = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert example(node)["next"]


def test_models_are_listed_in_both_shapes(project):
    listing = Listing(Anything(), project.catalog)
    get = request(b"", method="GET", target="/v1/models")
    known = list(project.catalog.models)
    assert [one["id"] for one in json.loads(answer(listing, get)[1])["data"]] == known
    whole = msgspec.structs.replace(get, target="/catalog/models")
    assert [one["name"] for one in json.loads(answer(listing, whole)[1])] == known
    assert answer(listing, asked())[1].startswith(b"POST /chat/completions")


class TestLimited:
    """A tier's limits, by a clock of the test's own."""

    LIMITS = Limits(per_minute=2, per_day=3, concurrent=2, tokens_in=50, tokens_out=100)

    @pytest.fixture
    def limited(self, echo):
        self.now = 1000.0
        return Limited(echo, self.LIMITS, lambda: self.now)

    def test_a_minute_and_a_day_run_out_and_come_back(self, limited):
        assert answer(limited, asked())[0].status == 200
        self.now += 14
        assert answer(limited, asked())[0].status == 200
        head, body = answer(limited, asked())
        assert head.status == 429
        assert set(head.headers) >= {
            ("retry-after", "46"),
            ("x-ratelimit-timeremaining", "46"),
            ("x-ratelimit-type", "UserByModelByMinute"),
            ("x-ms-error-code", "RateLimitReached"),
        }
        assert json.loads(body)["error"]["message"] == (
            "Rate limit of 2 per 60s exceeded for UserByModelByMinute. "
            "Please wait 46 seconds before retrying."
        )
        self.now += MINUTE_S
        assert answer(limited, asked())[0].status == 200
        self.now += MINUTE_S
        head, _ = answer(limited, asked())
        assert header(head.headers, "x-ratelimit-type") == "UserByModelByDay"
        self.now += DAY_S
        assert answer(limited, asked())[0].status == 200

    def test_users_and_models_are_counted_apart(self, limited):
        for _ in range(2):
            answer(limited, asked())
        assert answer(limited, asked())[0].status == 429
        assert answer(limited, asked(model="Phi-3-small-8k-instruct"))[0].status == 200
        other = request({"model": MODEL, "messages": MESSAGES}, token="another")
        assert answer(limited, other)[0].status == 200

    def test_a_good_answer_tells_what_is_left(self, limited):
        told = dict(answer(limited, asked())[0].headers)
        assert (told["x-ratelimit-limit-requests"], told["x-ratelimit-remaining-requests"]) == (
            "2",
            "1",
        )

    def test_too_many_tokens_are_refused(self, limited):
        long = [{"role": "user", "content": "word " * 60}]
        status, error = refused(limited, asked(messages=long))
        assert (status, error["code"]) == (413, "tokens_limit_reached")
        assert error["message"] == f"Request body too large for {MODEL} model. Max size: 50 tokens."
        assert refused(limited, asked(max_tokens=101))[0] == 400

    def test_no_more_at_once_than_allowed(self, limited):
        async def run():
            open_now = [limited.respond(asked()) for _ in range(3)]
            heads = [await anext(one) for one in open_now]
            for one in open_now:
                await one.aclose()
            return [head.status for head in heads]

        import asyncio

        assert asyncio.run(run()) == [200, 200, 429]


class TestLibrary:
    """All recordings at once."""

    def test_each_request_gets_its_scenario_whatever_the_model(self, project):
        library = Library(project)
        for name, scenario in project.scenarios.items():
            for model in ("Phi-3-mini-4k-instruct", "another"):
                _, body = answer(library, request(scenario.body(model)))
                assert body == project.recordings[name].exchanges[0].response.body

    def test_a_miss_tells_the_log_what_is_nearest_and_the_sample_nothing(self, project):
        body = project.scenarios["basic"].body("m") | {"temperature": 2}
        head, sent = answer(Library(project), request(body))
        assert head.status == 400
        assert head.miss.startswith("nearest is basic: $.temperature: expected 1")
        assert b"temperature" not in sent
        assert answer(Library(project), request(b"x"))[0].miss.startswith("the body is not JSON")
        get = msgspec.structs.replace(request(b""), method="GET", target="/files")
        told = answer(Library(project), get)[0].miss
        assert told == "expected POST …/chat/completions, received GET /files"

    def test_what_the_operation_requires_of_headers_is_asked_for(self, project):
        asked = request(project.scenarios["basic"].body("m"))
        bare = msgspec.structs.replace(asked, headers=())
        library = Library(project)
        assert answer(library, asked)[0].miss is None
        assert "Content-Type is missing" in answer(library, bare)[0].miss
        assert answer(library, asked)[0].miss is None

    def test_what_is_known_by_its_bytes_is_known_of_one_method_and_path_alone(self, project):
        scenario = project.scenarios["basic"]
        operation = project.operations[scenario.operation]
        library, asked = Library(project), request(scenario.body("m"))
        due = project.recordings["basic"].exchanges[0].response.body
        for _ in range(2):
            assert answer(library, asked)[1] == due
            elsewhere = msgspec.structs.replace(asked, target="/v1/other")
            assert f"expected {operation.method}" in answer(library, elsewhere)[0].miss
            other = msgspec.structs.replace(asked, method="PUT")
            assert f"expected {operation.method}" in answer(library, other)[0].miss

    def test_a_request_is_for_the_operation_with_the_longest_path(self, project):
        chat, basic = project.operations["chat"], project.scenarios["basic"]
        old = msgspec.structs.replace(chat, name="old", path="/completions")
        first = msgspec.structs.replace(basic, name="aged", operation="old")
        grown = msgspec.structs.replace(
            project,
            operations={"old": old, "chat": chat},
            scenarios={"aged": first, "basic": basic},
            recordings={
                "aged": project.recordings["streaming"],
                "basic": project.recordings["basic"],
            },
        )
        for target, name in (("/v1/chat/completions", "basic"), ("/v1/completions", "aged")):
            asked = request(basic.body("m"), target=target)
            due = grown.recordings[name].exchanges[0].response.body
            assert answer(Library(grown), asked)[1] == due

    def test_a_body_that_repeats_is_not_parsed_again(self, project, monkeypatch):
        library, body = Library(project), project.scenarios["basic"].body("m")
        first = answer(library, request(body))
        monkeypatch.setattr(jsonvalue, "parse", None)
        assert answer(library, request(body)) == first
        monkeypatch.undo()
        assert answer(library, request({**body, "temperature": 2}))[0].miss

    def test_long_bodies_are_answered_and_not_kept(self, project):
        library = Library(project)
        long = json.dumps(project.scenarios["basic"].body("m")).encode() + b" " * REMEMBERED_SIZE
        assert answer(library, request(long))[0].miss is None
        assert library._remembered.cache_info().currsize == 0
