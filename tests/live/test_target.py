"""Where requests go: URL, path, model, key."""

import json

import pytest

from harness.live.target import Target, find
from harness.model.catalog import Catalog, Endpoint, KeyHeader, Limits, Quirks
from harness.model.observation import SeenRequest
from harness.model.problem import HarnessError, InvalidError

CANARY = "canary-0"


def came(body=b'{"model":"Phi-3-mini-4k-instruct"}', target="/chat/completions", token=CANARY):
    return SeenRequest(
        scheme="https",
        host="models.inference.ai.azure.com",
        port=443,
        method="POST",
        target=target,
        headers=(
            ("Authorization", f"Bearer {token}"),
            ("api-key", token),
            ("Accept-Encoding", "gzip"),
            ("X-Other", "kept"),
        ),
        body=body,
    )


@pytest.fixture
def sent(project):
    def send(endpoint, request=None, key="real-key-1234", base_path="", canary=CANARY):
        target = Target(endpoint, Limits(), key)
        operation = project.operations["chat"]
        return target.sent(request or came(), operation, base_path=base_path, canary=canary)

    return send


def endpoint(**settings):
    return Endpoint(name="e", title="E", **{"url": "http://10.0.0.1:8080/v1", **settings})


def test_a_request_goes_to_the_endpoint_by_its_own_names(sent):
    got = sent(
        endpoint(models={"Phi-3-mini-4k-instruct": "phi3:mini"}),
        came(target="/chat/completions?api-version=2024-05-01-preview"),
    )
    assert (got.scheme, got.host, got.port) == ("http", "10.0.0.1", 8080)
    assert got.target == "/v1/chat/completions?api-version=2024-05-01-preview"
    assert json.loads(got.body) == {"model": "phi3:mini"}


def test_quirks_and_paths_are_data(sent):
    got = sent(
        endpoint(
            paths={"chat": "/chat"},
            quirks=Quirks(query="drop", rename={"max_tokens": "max_completion_tokens"}),
        ),
        came(b'{"max_tokens": 5}', "/inference/chat/completions?api-version=1"),
        base_path="/inference",
    )
    assert got.target == "/v1/chat"
    assert json.loads(got.body) == {"max_completion_tokens": 5}


def test_the_key_takes_the_canarys_place_in_the_endpoints_own_header(sent):
    got = sent(endpoint(key=KeyHeader(header="x-key", form="Key {token}")))
    assert dict(got.headers) == {
        "X-Other": "kept",
        "accept-encoding": "identity",
        "x-key": "Key real-key-1234",
    }


def test_no_key_for_a_request_that_does_not_hold_the_canary(sent):
    got = sent(endpoint(), came(token="some-other"))
    assert "real-key-1234" not in str(got)
    assert "some-other" not in str(got)


def test_without_a_key_no_credentials_are_sent_at_all(sent):
    assert CANARY not in str(sent(endpoint(), key="").headers)


def test_a_body_that_nobody_need_change_stays_as_it_is(sent):
    for body in (b'{"model" : "m"}', b"not json", b"[1]", b""):
        assert sent(endpoint(), came(body)).body == body


def test_a_bare_url_takes_the_template_and_needs_no_key(project):
    found = find(project.catalog, "http://127.0.0.1:1234/v1/", {})
    assert (found.endpoint.name, found.endpoint.url) == ("own", "http://127.0.0.1:1234/v1")
    assert found.key == ""
    with_key = find(project.catalog, "https://h.example/v1", {"SAMPLEPROOF_KEY": "k" * 20})
    assert with_key.key == "k" * 20
    assert "kkkk" not in repr(with_key)


@pytest.mark.parametrize(
    ("name", "environ", "error", "says"),
    [
        ("olama", {}, InvalidError, "did you mean ollama"),
        ("nope", {}, InvalidError, "known: "),
        ("ftp://x/", {}, InvalidError, "expected a base URL"),
        ("http://u:pw@x/", {}, InvalidError, "received http://…@x/"),
        ("http://x/?key=1", {}, InvalidError, "without a query"),
        ("openai", {}, HarnessError, "export OPENAI_API_KEY=…"),
        ("openai", {"OPENAI_API_KEY": "a\nb"}, HarnessError, "no header can carry"),
        ("foundry", {"AZURE_OPENAI_API_KEY": "k"}, HarnessError, "export AZURE_OPENAI_BASE_URL="),
        (
            "foundry",
            {"AZURE_OPENAI_BASE_URL": "x"},
            InvalidError,
            "AZURE_OPENAI_BASE_URL: expected",
        ),
        ("http://far.example/v1", {"SAMPLEPROOF_KEY": "k"}, HarnessError, "unencrypted"),
        ("own", {"SAMPLEPROOF_ALLOW_KEYS": "x"}, HarnessError, "SAMPLEPROOF_URL is not set"),
    ],
)
def test_what_is_missing_or_wrong_is_named(project, name, environ, error, says):
    with pytest.raises(error) as told:
        find(project.catalog, name, environ)
    assert says in str(told.value)
    assert "pw" not in str(told.value)


def test_models_have_their_names_at_each_endpoint(project):
    ends = project.catalog.endpoints
    assert ends["ollama"].model("Phi-3-mini-4k-instruct") == "phi3:mini"
    assert ends["ollama"].model("Phi-3-medium-4k-instruct") == "phi3:medium"
    assert ends["ollama"].model("Phi-3-small-8k-instruct") == "phi3:mini"
    assert ends["github-models"].model("Phi-3-small-8k-instruct") == (
        "microsoft/Phi-3-small-8k-instruct"
    )
    assert ends["foundry"].model("mine") == "mine"


@pytest.mark.parametrize("name", ["github-models-azure", "github-models"])
def test_a_retired_endpoint_says_so_and_names_one_that_lives(project, name):
    target = find(project.catalog, name, {"GITHUB_TOKEN": "t"})
    assert target.obituary == "GitHub Models was retired on 2026-07-30; try: --live foundry"
    with pytest.raises(HarnessError) as caught:
        find(project.catalog, name, {})
    assert caught.value.remedy == target.obituary
    assert find(project.catalog, "ollama", {}).obituary == ""


def test_endpoints_that_were_retired_into_each_other_name_none():
    one, other = (
        endpoint(retired="2026-01-01", successor=successor) for successor in ("other", "one")
    )
    catalog = Catalog(
        models={}, endpoints={"one": one, "other": other}, default_model="", default_endpoint="one"
    )
    assert catalog.living(one) is None
    assert find(catalog, "one", {}).obituary == "E was retired on 2026-01-01"
