"""Secrets of every kind in every place of a recording: each is replaced, or reported and not saved."""

import base64
import gzip
import json
import zlib
from urllib.parse import quote

import msgspec
import pytest
from others import cassette, har, har_entry, load, proxy
from test_ids import recording, shelf
from test_sanitize import GITHUB, OPENAI, answer

from harness.model.dump import dump
from harness.model.problem import InvalidError
from harness.record.rules import load_rules
from harness.record.sanitize import sanitized
from harness.record.scan import suspects

JSON_TYPE = (("Content-Type", "application/json"),)
STREAM = (("Content-Type", "text/event-stream"),)
PASSWORD = "correct-Horse7battery"
CHANCE = "Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0FeDcBa"

# In two pieces, lest other scanners take them for real.
FORMED = {
    "ghp": GITHUB,
    "gho": "gh" + "o_" + CHANCE,
    "github_pat": "github" + "_pat_11ABCDEFG0" + CHANCE,
    "glpat": "gl" + "pat-" + CHANCE[:20],
    "openai": OPENAI,
    "openai-plain": "sk" + "-" + CHANCE,
    "anthropic": "sk" + "-ant-api03-" + CHANCE,
    "slack": "xox" + "b-123456789012-" + CHANCE[:24],
    "slack-hook": "https://hooks." + "slack.com/services/T0ABCDEF1/B0ABCDEF2/" + CHANCE[:24],
    "aws": "AK" + "IAZX9YW8VU7TS6RQ5P",
    "aws-session": "AS" + "IAZX9YW8VU7TS6RQ5P",
    "google": "AI" + "za" + CHANCE[:35],
    "google-oauth": "ya" + "29." + CHANCE,
    "stripe": "sk" + "_live_" + CHANCE[:24],
    "npm": "npm" + "_" + CHANCE[:36],
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + CHANCE * 2,
    "hugging-face": "hf" + "_" + CHANCE[:34],
    "sendgrid": "SG" + "." + CHANCE[:22] + "." + CHANCE,
    "telegram": "123456789" + ":AA" + CHANCE[:33],
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9." + "ey" + "JzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "pem": f"-----BEGIN {'PRIVATE'}"
    " KEY-----\nMIIEowIBAAKCAQEAx7\nQm9vVGhpcw==\n-----END PRIVATE KEY-----",
    "sas": "https://a.blob.example/c?sv=2024-11-04&se=2026-01-01&sig="
    + quote(CHANCE[:42] + "+/", ""),
    "aws-url": "https://b.example/k?X-Amz-Expires=60&X-Amz-Signature=" + "0a1b2c3d" * 8,
    "storage": "DefaultEndpointsProtocol=https;AccountKey=" + CHANCE + "==;EndpointSuffix=x",
    "userinfo": f"postgres://me:{PASSWORD}@db.corp/x",
    "userinfo-http": f"https://me:{PASSWORD}@git.corp/x.git",
    "bearer": f"Authorization: Bearer {CHANCE}",
    "basic": "Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode(),
    "digest": 'Digest username="me", nonce="x", response="6629fae49393a05397450978507c4ef1"',
    "aws4": "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=" + "0a1b2c3d" * 8,
    "entra": "abc8Q~" + CHANCE[:34],
}
KERNELS = {
    "slack-hook": CHANCE[:24],
    "pem": "MIIEowIBAAKCAQEAx7",
    "sas": quote(CHANCE[:42], ""),
    "aws-url": "0a1b2c3d" * 8,
    "aws4": "0a1b2c3d" * 8,
    "storage": CHANCE,
    "userinfo": PASSWORD,
    "userinfo-http": PASSWORD,
    "bearer": CHANCE,
    "digest": "6629fae49393a05397450978507c4ef1",
}
"""What of a secret must be gone, where not all of it is secret."""

NAMES = [
    "password",
    "Passwd",
    "pwd",
    "db_password",
    "userPassword",
    "secret",
    "client_secret",
    "clientSecret",
    "client-secret",
    "access_token",
    "accessToken",
    "refresh_token",
    "refreshToken",
    "id_token",
    "authToken",
    "auth-token",
    "session_token",
    "apiKey",
    "api_key",
    "API_KEY",
    "api-key",
    "x-api-key",
    "private_key",
    "privateKey",
    "connectionString",
    "connection_string",
    "sas",
    "sig",
    "signature_key",
    "secretAccessKey",
    "aws_secret_access_key",
    "SharedAccessKey",
    "accountKey",
    "authorization",
    "Cookie",
    "Set-Cookie",
    "passphrase",
    "credentials",
    "subscriptionKey",
    "Ocp-Apim-Subscription-Key",
    "X-Amz-Signature",
    "X-Auth-Token",
    "sasToken",
]

HEADERS = [
    "Authorization",
    "Proxy-Authorization",
    "X-Auth-Token",
    "X-Api-Key",
    "api-key",
    "Ocp-Apim-Subscription-Key",
    "x-goog-api-key",
    "x-functions-key",
    "X-Amz-Security-Token",
    "x-ms-token-aad-access-token",
    "x-ms-client-principal",
    "x-ms-encryption-key",
    "X-CSRF-Token",
    "X-Vault-Token",
    "PRIVATE-TOKEN",
    "X-Access-Token",
    "X-Secret",
    "X-Goog-Iam-Authorization-Token",
    "x-ms-copy-source-authorization",
    "X-Hub-Signature",
    "Authentication-Info",
    "llm_provider-api-key",
]


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return load_rules(tmp_path_factory.mktemp("no rules of its own"))


def content(response):
    """Everything that would be saved, with what is coded undone."""
    body = b"".join(response.opened())
    texts = [response.reason, body.decode("latin-1")]
    texts += [value for _, value in (*response.headers, *response.trailers)]
    return "\n".join(texts)


def assert_kept_back(response, kernel, rules, known=()):
    """A secret is replaced so that nothing of it is left to find, or it is reported."""
    clean = sanitized(response, rules.sanitizers, known)
    assert len(b"".join(clean.opened())) == len(b"".join(response.opened()))
    if kernel in content(clean):
        assert suspects(clean, rules, known)
    else:
        assert suspects(clean, rules, known) == []
        assert sanitized(clean, rules.sanitizers, known) == clean
        if response.media_type == "application/json":
            json.loads(b"".join(clean.opened()))


def in_json(text):
    return answer(json.dumps({"a": [{"b": f"see {text} !"}]}).encode(), JSON_TYPE)


def escaped(text):
    every = "".join(f"\\u{ord(one):04X}" for one in text)
    return answer(f'{{"a":"{every}"}}'.encode(), JSON_TYPE)


def some_escaped(text):
    every = "".join(
        f"\\u{ord(one):04x}" if at % 3 else json.dumps(one)[1:-1] for at, one in enumerate(text)
    )
    return answer(f'{{"a":"{every}"}}'.encode().replace(b"/", b"\\/"), JSON_TYPE)


def in_events(text, size=5):
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    every = [{"id": "x", "choices": [{"delta": {"content": one}}]} for one in pieces]
    body = "".join(f"data: {json.dumps(one)}\n\n" for one in every) + "data: [DONE]\n\n"
    return answer(body.encode(), STREAM)


def nested(text):
    inner = json.dumps({"q": json.dumps({"x": text})})
    return answer(json.dumps({"arguments": inner}).encode(), JSON_TYPE)


def packed(data, headers):
    return answer(data, (*JSON_TYPE, *headers))


PLACES = {
    "json": in_json,
    "text": lambda text: answer(f"it is {text}\n".encode(), (("Content-Type", "text/plain"),)),
    "header": lambda text: answer(headers=(("X-One", "1"), ("X-Two", text.replace("\n", " ")))),
    "trailer": lambda text: answer(trailers=(("X-Sum", text.replace("\n", " ")),)),
    "reason": lambda text: answer(reason=f"No {text}".replace("\n", " ")),
    "escaped": escaped,
    "some escaped": some_escaped,
    "in JSON in JSON": nested,
    "piece by piece": in_events,
    "in percent": lambda text: answer(
        f"next=%2Fgo%3Fu%3D{quote(text, '')}".encode(), (("Content-Type", "text/plain"),)
    ),
    "in percent, in a header": lambda text: answer(
        headers=(("Location", f"/go?u={quote(text, '')}"),)
    ),
    "in HTML": lambda text: answer(
        f"<p>{text}</p>".replace("&", "&amp;").replace("_", "&#95;").encode(),
        (("Content-Type", "text/html"),),
    ),
    "in base64": lambda text: in_json(
        base64.b64encode(f'{{"x":{json.dumps(text)}}}'.encode()).decode()
    ),
    "in gzip": lambda text: packed(
        gzip.compress(json.dumps({"a": text}).encode()), (("Content-Encoding", "gzip"),)
    ),
    "in deflate": lambda text: packed(
        zlib.compress(json.dumps({"a": text}).encode()), (("Content-Encoding", "deflate"),)
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", FORMED)
def test_a_secret_of_a_known_form_is_replaced_wherever_it_stands(rules, kind, place):
    response = PLACES[place](FORMED[kind])
    kernel = KERNELS.get(kind, FORMED[kind][-16:])
    assert suspects(response, rules)
    assert_kept_back(response, kernel, rules)
    left = content(sanitized(response, rules.sanitizers))
    assert kernel not in left


def under(name, value):
    return json.dumps({"data": [{"deep": {name: value, "other": "stays"}}]})


NAMED = {
    "JSON": lambda name, value: packed(under(name, value).encode(), ()),
    "JSON in JSON": lambda name, value: packed(json.dumps({"t": under(name, value)}).encode(), ()),
    "a list": lambda name, value: packed(json.dumps({name: ["x" * 5, value]}).encode(), ()),
    "a name with its value": lambda name, value: packed(
        json.dumps([{"name": name, "value": value}]).encode(), ()
    ),
    "a value in it": lambda name, value: packed(json.dumps({name: {"value": value}}).encode(), ()),
    "a form": lambda name, value: answer(f"a=1&{name}={value}&b=2".encode()),
    "the first of a form": lambda name, value: answer(f"{name}={value}&b=2".encode()),
    "a form in JSON": lambda name, value: packed(
        json.dumps({"x": f"{name}={value}&b=2"}).encode(), ()
    ),
    "a query": lambda name, value: packed(
        json.dumps({"x": f"https://x.corp/a?v=1&{name}={value}#f"}).encode(), ()
    ),
    "a header's query": lambda name, value: answer(headers=(("Location", f"/a?{name}={value}"),)),
    "settings": lambda name, value: answer(f"A=1\n{name}={value}\n".encode()),
    "a connection string": lambda name, value: packed(
        json.dumps({"x": f"Server=db;{name}={value};Timeout=3"}).encode(), ()
    ),
    "a multipart form": lambda name, value: answer(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--b--\r\n'.encode()
    ),
    "XML": lambda name, value: answer(f"<a><{name}>{value}</{name}></a>".encode()),
    "XML, as CDATA": lambda name, value: answer(f"<{name}><![CDATA[{value}]]></{name}>".encode()),
    "an attribute": lambda name, value: answer(f'<user id="1" {name}="{value}"/>'.encode()),
    "quoted settings": lambda name, value: answer(f"A=1\nexport {name}='{value}'\n".encode()),
    "an argument": lambda name, value: packed(
        json.dumps({"x": f"connect(host='db', {name}='{value}')"}).encode(), ()
    ),
    "Python's dictionary": lambda name, value: answer(f"{{'{name}': '{value}', 'a': 1}}".encode()),
    "HTML": lambda name, value: answer(
        f'<input type="hidden" name="{name}" value="{value}">'.encode()
    ),
    "pieces": lambda name, value: in_events(json.dumps({name: value})),
    "base64": lambda name, value: in_json(
        base64.b64encode(json.dumps({name: value}).encode()).decode()
    ),
}


@pytest.mark.parametrize("place", NAMED)
def test_what_its_name_calls_a_secret_is_replaced(rules, place):
    for name in NAMES:
        value = f"a={PASSWORD}" if "ookie" in name and "form" not in place else PASSWORD
        response = NAMED[place](name, value)
        assert suspects(response, rules), name
        assert_kept_back(response, PASSWORD, rules)
        clean = content(sanitized(response, rules.sanitizers))
        assert PASSWORD not in clean, name
        assert ("stays" in clean) == ("stays" in content(response))


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, zlib.compress, lambda data: zlib.compress(data, wbits=-15)],
    ids=["gzip", "zlib", "deflate"],
)
def test_a_secret_in_what_is_compressed_and_does_not_say_so_is_reported(rules, pack):
    for text in (under("password", PASSWORD), in_json(GITHUB).body.decode()):
        for headers in ((), JSON_TYPE, (("Content-Type", "application/octet-stream"),)):
            (one,) = suspects(answer(pack(text.encode()), headers), rules)
            assert "in what is compressed, though no header says so" in str(one)
            assert PASSWORD not in str(one)


@pytest.mark.parametrize(
    "place",
    {
        "header": lambda name, value: answer(headers=(("A", "1"), (name, value))),
        "trailer": lambda name, value: answer(trailers=((name, value),)),
        "as JSON": lambda name, value: packed(json.dumps({"headers": {name: value}}).encode(), ()),
        "as text": lambda name, value: answer(
            f"GET / HTTP/1.1\r\nHost: x\r\n{name}: {value}\r\n".encode()
        ),
    }.items(),
    ids=lambda place: place[0],
)
def test_credential_headers_are_replaced_also_where_they_are_repeated(rules, place):
    for name in HEADERS:
        response = place[1](name, f"Scheme {PASSWORD}")
        assert suspects(response, rules), name
        assert_kept_back(response, PASSWORD, rules)
        assert PASSWORD not in content(sanitized(response, rules.sanitizers))


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("Cookie", f"theme=dark; session={PASSWORD}", "theme=0000; session=0000000-0000000000000"),
        (
            "Set-Cookie",
            f"a=1; Path=/, b={PASSWORD}; Secure",
            "a=0; Path=/, b=0000000-0000000000000; Secure",
        ),
        ("Set-Cookie", f'a="{PASSWORD}"; Expires=Wed, 21 Oct 2026 07:28:00 GMT', None),
        ("Set-Cookie", f"{PASSWORD}; Path=/", None),
    ],
)
def test_every_cookie_is_replaced(rules, name, value, left):
    response = answer(headers=((name, "x=1; Path=/"), (name, value)))
    clean = sanitized(response, rules.sanitizers)
    assert PASSWORD not in content(clean)
    assert left is None or clean.headers[1][1] == left
    assert suspects(clean, rules) == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"password": 12345678}', JSON_TYPE),
        (b"\x0b\x02\x80\x7f\x00\x03" * 9, JSON_TYPE),
        (b"\x0b\x02\x80\x7f\x00\x03" * 9, ()),
        ('{"password":"x"}'.encode("utf-16"), JSON_TYPE),
        (b"\x0b\x02\x80", (("Content-Encoding", "br"),)),
    ],
    ids=["a number", "no text", "no type", "UTF-16", "brotli"],
)
def test_what_cannot_be_replaced_is_not_saved(tmp_path, project, rules, body, headers):
    with pytest.raises(InvalidError) as caught:
        shelf(tmp_path, project, rules).cleaned(recording(answer(body, headers)))
    (problem,) = caught.value.problems
    assert problem.file == "samples/recordings/basic.yaml"
    assert problem.field == "exchanges[0].response.body"


LEAKY = json.dumps({"client_secret": PASSWORD, "note": f"it is {GITHUB}", "id": "msg_1a2b3c4d5e6f"})


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("har", har(har_entry(LEAKY))),
        ("vcrpy", cassette(f"'{LEAKY}'", more=f"X-Auth-Token: [{PASSWORD}]")),
        ("azure-test-proxy", proxy(json.loads(LEAKY), **{"x-ms-encryption-key": PASSWORD})),
        ("azure-test-proxy", proxy(LEAKY, **{"Set-Cookie": ["a=1", f"b={PASSWORD}"]})),
    ],
)
def test_what_others_recorded_is_cleaned_as_well(tmp_path, project, rules, form, content):
    name = "tape.yaml" if form == "vcrpy" else "tape.json"
    imported = load(tmp_path, project, form, content, name)
    text = dump(shelf(tmp_path, project, rules).cleaned(imported.recording))
    assert PASSWORD not in text
    assert GITHUB not in text
    assert "1a2b3c4d5e6f" not in text


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("provenance.endpoint", {"endpoint": f"https://me:{PASSWORD}@x.corp/v1"}),
        ("provenance.note", {"note": f"Made with {GITHUB}."}),
    ],
)
def test_where_a_recording_comes_from_tells_no_secret(tmp_path, project, rules, field, change):
    found = recording(answer())
    origin = msgspec.structs.replace(found.provenance, **change)
    with pytest.raises(InvalidError) as caught:
        shelf(tmp_path, project, rules).cleaned(msgspec.structs.replace(found, provenance=origin))
    (problem,) = caught.value.problems
    assert problem.field == field
    assert PASSWORD not in str(problem)


def test_one_kind_is_told_once_for_a_file(tmp_path, project, rules):
    events = "".join(f'data: {{"a":{{"b{n}":{{"password":{n}12345}}}}}}\n\n' for n in range(1, 9))
    found = recording(answer(events.encode(), STREAM), answer(events.encode(), STREAM))
    with pytest.raises(InvalidError) as caught:
        shelf(tmp_path, project, rules).cleaned(found)
    (problem,) = caught.value.problems
    assert problem.field == "exchanges[0].response.body"


KEY = "near-Kq7Zw2Xv9B"


@pytest.mark.parametrize("place", PLACES)
def test_the_key_that_was_used_is_replaced_in_every_form(rules, place):
    response = PLACES[place](f"<{KEY}>")
    assert suspects(response, rules, [KEY])
    assert_kept_back(response, KEY, rules, [KEY])
    assert KEY not in content(sanitized(response, rules.sanitizers, [KEY]))


HONEST = [
    {
        "model": "gpt-4o-mini-2024-07-18",
        "system_fingerprint": "fp_abc28019ad",
        "object": "chat.completion",
    },
    {"usage": {"prompt_tokens": 19, "completion_tokens_details": {"reasoning_tokens": 0}}},
    {"logprobs": {"content": [{"token": "Hello", "logprob": -0.3, "bytes": [72, 101]}]}},
    {"token": " transportation-related", "eos_token": "<|endoftext|>", "pad_token": "</s>"},
    {"sha256": "8f14e45fceea167a5a36dedd4bea2543"[:20], "size": 12345678},
    {
        "model": "Phi-3-medium-128k-instruct",
        "path": "/marketplace/models/azureml/Phi-3-mini-4k-instruct",
    },
    {"image": base64.b64encode(bytes(range(7, 250)) * 3).decode()},
    {"embedding": base64.b64encode(b"\x3d\x12\xf0\xbe" * 90).decode()},
    {"embedding": [0.0023064255, -0.009327292, 1.5e-05] * 20},
    {
        "text": "Write to example@example.com or to jane@mail.test, not to https://user:password@host/x."
    },
    {
        "text": "Set `password=<your password>` and `Authorization: Bearer $TOKEN`, or `api_key=YOUR_API_KEY`."
    },
    {
        "text": "Use bearer authentication or basic authentication. A token: a unit of text. Secret: a sauce."
    },
    {
        "text": 'client = OpenAI(api_key="sk-xxxxxxxxxxxxxxxxxxxxxxxx")  # or ghp_xxxxxxxxxxxxxxxxxxxx'
    },
    {"text": "AKIAIOSFODNN7EXAMPLE is what AWS documents. -----BEGIN PRIVATE KEY-----\n...\n"},
    {
        "text": "Donaudampfschifffahrtsgesellschaftskapitaen, risk-averse, task-oriented-work-2024-plan"
    },
    {"error": {"code": "invalid_api_key", "type": "invalid_request_error", "param": "password"}},
    {
        "url": "https://learn.microsoft.com/en-us/azure/ai-foundry/how-to/deploy?tabs=python&view=rest-2024"
    },
    {
        "finish_reason": "stop",
        "key": "weather-in-berlin",
        "code": "unauthorized",
        "state": "succeeded",
    },
    {"total": "100%25 of 3/4 &amp; more", "pattern": "\\d+\\u0041"},
]


@pytest.mark.parametrize("number", range(len(HONEST)))
@pytest.mark.parametrize("is_stream", [False, True])
def test_what_is_honest_stays_and_is_no_finding(rules, number, is_stream):
    text = json.dumps(HONEST[number])
    body = f"data: {text}\n\ndata: [DONE]\n\n" if is_stream else text
    response = answer(body.encode(), STREAM if is_stream else JSON_TYPE)
    clean = sanitized(response, rules.sanitizers)
    assert clean.body == response.body
    assert [one for one in suspects(response, rules) if "by chance" not in one.what] == []
