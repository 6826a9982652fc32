import base64
import gzip
import random
import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.problem import InvalidError
from harness.model.recording import ChunkMark, Response, UnreadableError
from harness.record.rules import FILE, load_rules
from harness.record.sanitize import sanitized
from harness.record.scan import suspects

GITHUB = (
    "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
)  # in two, lest others take it for real
OPENAI = "sk-" + "proj-" + "Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe"


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return load_rules(tmp_path_factory.mktemp("no rules of its own"))


def answer(body=b"{}", headers=(), chunks=None, **more):
    marks = tuple(ChunkMark(size=size, after_ms=5) for size in chunks or [len(body)])
    known = {"status": 200, "reason": "OK", "framing": "chunked"}
    return Response(headers=headers, body=body, chunks=marks, **(known | more))


def own(folder, text):
    path = folder / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return load_rules(folder)


@pytest.mark.parametrize(
    ("name", "value", "cleaned"),
    [
        ("X-Request-Id", "req 7f-AB", "000 00-00"),
        ("x-trace", "5b1e3a52-92b5-4c3e-8f6e-0c1d2e3f4a5b", "00000000-0000-0000-0000-000000000000"),
        ("Set-Cookie", "session=abc123; Path=/; Secure", "session=000000; Path=/; Secure"),
        ("openai-organization", "acme-7", "0000-0"),
        ("Authorization", "Bearer abcdef1234", "000000 0000000000"),
        ("X-Echo", "Bearer kz7Qw2x9vB", "Bearer 0000000000"),
        ("X-Echo", GITHUB, "gh" + "p_" + "0" * 36),
        ("X-Echo", "user-1a2b3c4d5e6f7", "user-0000000000000"),
        (
            "report-to",
            '{"url":"https://a.example/r?s=aB%2F9"}',
            '{"url":"https://a.example/r?s=000000"}',
        ),
        ("content-type", "application/json", "application/json"),
        ("x-ms-region", "East US", "East US"),
    ],
)
def test_what_names_a_caller_is_replaced_in_headers(rules, name, value, cleaned):
    found = sanitized(answer(headers=((name, value),)), rules.sanitizers)
    assert found.headers == ((name, cleaned),)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ('{"id":"chatcmpl-9j9lAbC12"}', '{"id":"chatcmpl-000000000"}'),
        (f"Incorrect key provided: {OPENAI}.", "Incorrect key provided: sk-proj-" + "0" * 32 + "."),
        ("Incorrect API key provided: ab***yz", "Incorrect API key provided: 0000000"),
        ("of account org-AbCdEfGh1234XyZ", "of account org-000000000000000"),
        ("see file_system_overview and user-friendliness", None),
        ("a risk-averse, task-oriented run-of-the-mill call_function_name", None),
        ("sk-learn is scikit-learn; use pk-based lookups", None),
        ("Phi-3-medium-128k-instruct at /marketplace/models/azureml/Phi-3-mini-4k-instruct", None),
    ],
)
def test_what_names_a_caller_is_replaced_in_bodies_and_nothing_else(rules, text, cleaned):
    found = sanitized(answer(text.encode()), rules.sanitizers)
    assert found.body.decode() == (cleaned or text)
    assert suspects(found, rules) == []


def test_a_key_that_is_known_is_replaced_wherever_it_stands(rules):
    key = "hello-i-am-a-key"
    found = sanitized(
        answer(f"you sent {key}".encode(), (("X-Echo", f"<{key}>"),), reason=f"not {key}"),
        rules.sanitizers,
        [key],
    )
    assert found.body == b"you sent 00000-0-00-0-000"
    assert found.headers == (("X-Echo", "<00000-0-00-0-000>"),)
    assert found.reason == "not 00000-0-00-0-000"


@settings(deadline=None)
@given(data=st.data())
def test_lengths_and_borders_hold_whatever_is_replaced(rules, data):
    parts = [GITHUB.encode(), b"chatcmpl-9j9lAbC12", "é💪".encode(), b"\xff\x00", b'{"a":1}\n\n']
    body = b" ".join(data.draw(st.lists(st.sampled_from(parts), min_size=1, max_size=8)))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(body) - 1), max_size=8)))
    sizes = [end - start for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    before = answer(body, (("Content-Type", "application/octet-stream"),), chunks=sizes)
    found = sanitized(before, rules.sanitizers)
    assert found.chunks == before.chunks
    assert len(found.body) == len(body)
    assert GITHUB.encode() not in found.body
    assert sanitized(found, rules.sanitizers) == found
    assert suspects(found, rules) == []


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("ending", ["complete", "closed"])
def test_a_compressed_body_keeps_what_each_chunk_adds(rules, coding, ending):
    packer = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
    texts = [b"data: ", GITHUB[:9].encode(), GITHUB[9:].encode() + b"\n\n", b"data: 2\n\n"]
    packed = [packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH) for text in texts]
    if ending == "complete":
        packed[-1] += packer.flush()
    headers = (("Content-Encoding", coding),)
    before = answer(b"".join(packed), headers, [len(one) for one in packed], ending=ending)
    assert suspects(before, rules)
    found = sanitized(before, rules.sanitizers)
    hidden = [b"data: ", b"ghp_" + b"0" * 5, b"0" * 31 + b"\n\n", b"data: 2\n\n"]
    assert list(found.opened()) == hidden
    assert sum(mark.size for mark in found.chunks) == len(found.body)
    assert suspects(found, rules) == []
    if ending == "complete":
        assert zlib.decompressobj(47).decompress(found.body) == b"".join(hidden)


def test_a_compressed_body_that_is_clean_stays_byte_for_byte(rules):
    before = answer(gzip.compress(b"nothing here"), (("content-encoding", "gzip"),))
    assert sanitized(before, rules.sanitizers) is not None
    assert sanitized(before, rules.sanitizers).body == before.body


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_what_cannot_be_looked_into_is_not_passed(rules, coding):
    before = answer(b"who knows", (("content-encoding", coding),))
    with pytest.raises(UnreadableError):
        sanitized(before, rules.sanitizers)
    (found,) = suspects(before, rules)
    assert "nobody can say whether a secret is in this body" in str(found)


REAL = {
    "a GitHub token": GITHUB,
    "a provider's key": OPENAI,
    "a bearer token": "Bearer 1a2b3c4d5e6f7g8h",
    "a JSON Web Token": "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "a private key": "-----BEGIN RSA PRIVATE" + " KEY-----\\nMIIEowIBAAKCAQEAx7",
    "an AWS access key": "AKIA" + "IOSFODNN7EXAMPL2",
    "a signed URL": "https://x.example/a?se=1&sig=aBcD1234%2FaBcD1234%2FaBcD",
    "a storage account's key": "AccountKey=" + "abcdefghijklmnopqrstuvwxyz1234==",
    "a password in a URL": "postgres://me:hunter22@db.example/x",
}


@pytest.mark.parametrize("what", REAL)
@pytest.mark.parametrize("place", ["header", "body", "trailer", "gzip"])
def test_what_looks_like_a_secret_is_found_and_not_repeated(rules, what, place):
    text = f"well: {REAL[what]} !"
    before = {
        "header": lambda: answer(headers=(("X-One", "1"), ("X-Two", text))),
        "body": lambda: answer(text.encode()),
        "trailer": lambda: answer(trailers=(("X-Sum", text),)),
        "gzip": lambda: answer(gzip.compress(text.encode()), (("content-encoding", "gzip"),)),
    }[place]()
    found = suspects(before, rules)
    assert [one.what for one in found] == [what]
    assert REAL[what] not in str(found[0])
    assert found[0].place[0] == {"header": "headers", "trailer": "trailers"}.get(place, "body")


def test_what_is_random_is_found_without_a_name(rules):
    chance = random.Random(2026)
    words = [
        word
        for _ in range(300)
        for data in [chance.randbytes(32)]
        for word in (base64.urlsafe_b64encode(data).decode(), data[:24].hex())
    ]
    missed = [word for word in words if not suspects(answer(f'{{"x":"{word}"}}'.encode()), rules)]
    assert len(missed) <= 3


PROSE = """The quick brown fox; see https://github.com/marketplace/models/azureml/Phi-3-mini-4k-instruct
and https://learn.microsoft.com/en-us/azure/ai-foundry/how-to/deploy-models-phi-3?tabs=python.
ResponsibleAIPolicyViolation UserByModelByMinute x-ratelimit-renewalperiod-tokens fp_abc28019ad
Standard_NC24ads_A100_v4_westus2 2024-05-01-preview gpt-4o-2024-05-13 Donaudampfschifffahrtsgesellschaft
3.14159265358979323846264338327950288419716939937510 /usr/lib/python3.11/site-packages/requests"""


def test_prose_addresses_and_numbers_are_no_secrets(rules):
    assert suspects(answer(PROSE.encode()), rules) == []


def test_this_projects_recordings_hold_no_secrets(rules, project):
    for recording in project.recordings.values():
        for exchange in recording.exchanges:
            assert suspects(exchange.response, rules) == []


def test_the_key_that_was_used_is_found_in_base64_too(rules):
    key = "plain-key"
    text = base64.b64encode(b"user:" + key.encode() + b"!").decode()
    (found,) = suspects(answer(f'"{text}"'.encode()), rules, [key])
    assert found.what == "the key that was used"
    assert suspects(answer(f'"{text}"'.encode()), rules) == []


def test_each_sanitizer_can_be_switched_off_and_others_added(tmp_path):
    text = """
off: [cookies, a provider's key]
sanitizers:
  tenants:
    why: Ours.
    headers: ['x-*-tenant']
    pattern: 'tenant-(.*)'
secrets:
  a badge: 'badge:\\d+'
allow:
  samples:
    why: It is in the documentation.
    pattern: 'badge:12'
volatile: [x-luck]
"""
    rules = own(tmp_path, text)
    headers = (("Set-Cookie", "a=b1"), ("x-our-tenant", "tenant-acme"), ("x-tenant", "tenant-b"))
    found = sanitized(answer(headers=headers), rules.sanitizers).headers
    assert found == (
        ("Set-Cookie", "a=b1"),
        ("x-our-tenant", "tenant-0000"),
        ("x-tenant", "tenant-b"),
    )
    assert [one.what for one in suspects(answer(b"badge:12 badge:77"), rules)] == ["a badge"]
    assert "x-luck" in rules.volatile
    assert "date" in rules.volatile


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "off: [cookie]",
            "samples/sanitizers.yaml:1: off[0]: there is no rule 'cookie'\n  did you mean cookies?",
        ),
        (
            "sanitizers:\n  x: {why: a, pattern: '('}",
            ":2: sanitizers.x.pattern: expected a regular expression",
        ),
        ("secrets:\n  x: '(?u)a'", ":2: secrets.x: expected a regular expression"),
        ("secrets:\n  x: '['", ":2: secrets.x: expected a regular expression"),
        (
            "sanitizers:\n  x: {why: a}",
            "sanitizers.x: expected 'headers', 'fields', 'names', 'pattern', or several",
        ),
        ("sanitizer: {}", "this key is not known"),
    ],
)
def test_rules_that_are_wrong_are_named_by_line(tmp_path, text, complaint):
    with pytest.raises(InvalidError) as caught:
        own(tmp_path, text)
    assert complaint in str(caught.value)


def test_an_announced_length_stays_as_far_away_as_it_was(rules):
    body = gzip.compress(GITHUB.encode())[:-8]
    headers = (("content-encoding", "gzip"),)
    before = answer(body, headers, framing="length", length=len(body) + 8, ending="closed")
    found = sanitized(before, rules.sanitizers)
    assert found.length - len(found.body) == 8
    assert msgspec.structs.replace(found, ending="complete", length=None).body == found.body
