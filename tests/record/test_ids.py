"""Ids, whatever their shape, are known by where they stand, and each is replaced by its own."""

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sanitize import GITHUB, OPENAI, answer, own

from harness.model import jsonvalue
from harness.model.problem import InvalidError
from harness.model.recording import Exchange, Provenance, Recording
from harness.record.changes import changes, documents
from harness.record.ids import REFERENCE
from harness.record.rules import load_rules
from harness.record.sanitize import sanitized
from harness.record.scan import suspects
from harness.record.shelf import Shelf

SHAPES = [
    "793cf4220c917b853860886599b2ac75",
    "gen-1745555555-Ab3dE5fG7hJ9kL1mN3pQ",
    "chat-7f8290996dd9de5798121e8fa462d6e8",
    "chatcmpl-tool-0b6e5d7f0c9a4c4bb0d4d0f1c2e3a4b5",
    "rs_68a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607",
    "tF9MafGcFvLWvdIPqeavuQYaB3dE5fG7hJ9kL1mN3pQ-Ab3dE5fG7hJ9",
    "chatcmpl-CBxYyZz01234567890AbCdEfGhIjK",
    "5b1e3a52-92b5-4c3e-8f6e-0c1d2e3f4a5b",
    "a-1",
    "7",
    "acme\\/corp:\\u0041b1",
    "réponse-é1",
    "msg",
]
STREAM = (("Content-Type", "text/event-stream"),)


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return load_rules(tmp_path_factory.mktemp("no rules of its own"))


def events(*ids, **more):
    body = "".join(f'data: {{"id":"{one}","n":{n}}}\n\n' for n, one in enumerate(ids))
    return answer(body.encode(), STREAM, **more)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "form",
    [
        '{"id":"%s"}',
        '{ "id" : "%s" }',
        '{"a":[{"tool_calls":[{"id":\n"%s"}]}]}',
        '{"item_id":"%s","name":"x"}',
        '{"responseId":"%s"}',
        'data: {"id":"%s"}\n\ndata: [DONE]\n\n',
        ': hi "\n\nid: 1\ndata: {"x":"\\"","id":"%s"}\r\n\r\n',
    ],
)
def test_an_id_of_any_shape_is_replaced_whole(rules, shape, form):
    before = answer((form % shape).encode(), STREAM if form[0] in "d:" else ())
    found = sanitized(before, rules.sanitizers)
    assert len(found.body) == len(before.body)
    assert suspects(found, rules) == []
    prefix = re.match(r"(?:(?:chatcmpl|chat|gen|rs|tool)[-_])*", shape)[0]
    rest = json.loads(f'"{shape}"').removeprefix(prefix)
    assert rest not in found.body.decode("utf-8") or rest in {"7", "msg"}
    for one in documents(found):
        leaves = dict(jsonvalue.leaves(one))
        value = next(text for path, text in leaves.items() if rules.differs(path))
        assert re.fullmatch(rf'"{prefix}[01:._ -]+"', value)
    assert sanitized(found, rules.sanitizers) == found


@pytest.mark.parametrize(
    "name",
    ["x-generation-id", "x-litellm-model-id", "X-LiteLLM-Call-Id", "CF-Ray", "x-request-id", "b3"],
)
@pytest.mark.parametrize("shape", SHAPES[:8])
def test_an_id_in_a_header_is_replaced_whole(rules, name, shape):
    found = sanitized(answer(headers=((name, shape),)), rules.sanitizers)
    assert suspects(found, rules) == []
    assert re.fullmatch(r"(?:[a-z]+[-_])*[0-]+", found.headers[0][1])


@given(ids=st.lists(st.sampled_from(SHAPES[:8]), min_size=1, max_size=9))
def test_the_same_id_becomes_the_same_and_another_becomes_another(rules, ids):
    found = [one["id"] for one in documents(sanitized(events(*ids), rules.sanitizers))]
    assert len(set(found)) == len(set(ids))
    assert [found.index(one) for one in found] == [ids.index(one) for one in ids]


def test_what_refers_to_an_id_still_does(rules):
    one, other = "call_Ab3dE5fG7hJ9kL1mN3pQ", "call_Zb3dE5fG7hJ9kL1mN3pQ"
    body = json.dumps(
        {"tool_calls": [{"id": one}, {"id": other}], "see": f"{one}, or <{other}>", "x": other * 2}
    )
    headers = (("Location", f"/v1/calls/{other}"), ("x-generation-id", other))
    found = sanitized(answer(body.encode(), headers), rules.sanitizers)
    data = json.loads(found.body)
    first, second = (call["id"] for call in data["tool_calls"])
    # What is in a header comes first.
    assert (second, first) == ("call_00000000000000000000", "call_00000000000000000001")
    assert data["see"] == f"{first}, or <{second}>"
    assert found.headers == (("Location", f"/v1/calls/{second}"), ("x-generation-id", second))


@pytest.mark.parametrize("name", ["gpt-4o-2024-08-06", "Phi-3-mini-4k-instruct", "assistant"])
def test_a_word_that_is_no_id_stays_where_it_is_none(rules, name):
    body = json.dumps({"model_id": name, "model": name, "text": f"I am {name}."}).encode()
    data = json.loads(sanitized(answer(body), rules.sanitizers).body)
    assert data["model"] == name
    assert data["text"] == f"I am {name}."
    assert not REFERENCE.search(name)


def test_numbers_and_texts_that_look_like_members_stay(rules):
    body = rb'{"id": 12345678, "user_id": null, "ids": true, "text": "{\"id\": \"hello world\"}"}'
    assert sanitized(answer(body), rules.sanitizers).body == body


def shelf(folder, project, rules):
    return Shelf(folder, folder / "state", project, rules)


def recording(*responses):
    return Recording(
        scenario="basic",
        file="samples/recordings/basic.yaml",
        provenance=Provenance(how="recorded", on="2026-11-22"),
        exchanges=tuple(
            Exchange(method="POST", path="/chat/completions", response=one) for one in responses
        ),
    )


def test_ids_are_the_same_in_all_exchanges_of_a_recording(tmp_path, project, rules):
    one, other = SHAPES[0], SHAPES[0][::-1]
    clean = shelf(tmp_path, project, rules).cleaned(
        recording(events(one, other), events(other), events(one))
    )
    found = [[data["id"] for data in documents(exchange.response)] for exchange in clean.exchanges]
    assert found == [["0" * 32, "0" * 31 + "1"], ["0" * 31 + "1"], ["0" * 32]]


def test_other_ids_are_no_change(project, rules):
    def made(seed):
        chance = random.Random(seed)
        one = f"chatcmpl-{chance.randbytes(chance.randint(4, 20)).hex()}"
        call = f"call_{chance.randbytes(8).hex()}"
        event = {"id": one, "choices": [{"delta": {"tool_calls": [{"id": call, "index": 0}]}}]}
        headers = (
            *STREAM,
            ("x-generation-id", one),
            ("x-litellm-model-id", call),
            ("CF-RAY", call),
        )
        return recording(answer(f"data: {json.dumps(event)}\n\n".encode(), headers))

    assert changes(made(1), made(2), project.operations["chat"], rules) == []


def test_a_secret_in_every_event_is_told_once_in_a_file_with_its_paths(tmp_path, project, rules):
    chance = random.Random(2026)
    words = [chance.randbytes(16).hex() for _ in range(9)]
    body = "".join(f'data: {{"a":{{"seal":"{one}"}}}}\n\n' for one in words).encode()
    with pytest.raises(InvalidError) as caught:
        shelf(tmp_path, project, rules).cleaned(
            recording(answer(body, (*STREAM, ("x-seal", words[0]))))
        )
    (problem,) = caught.value.problems
    assert problem.field == "exchanges[0].response.headers[1]"
    assert problem.message.endswith(f"by chance: {words[0][:4]}…, in x-seal; also in $.a.seal")
    assert not any(word in str(caught.value) for word in words)


@pytest.mark.parametrize("secret", [GITHUB, OPENAI])
@pytest.mark.parametrize(
    "form", ["bad key:\\n%s", "\\t%s\\n", '\\"%s\\"', "a\\u000a%s", "a\\u0026%s", "\\/%s"]
)
def test_a_secret_after_an_escape_is_found_and_replaced(rules, secret, form):
    body = f'{{"error":{{"message":"{form % secret}"}}}}'.encode()
    (one,) = suspects(answer(body), rules)
    assert "token" in one.what or "key" in one.what
    assert one.within == "$.error.message"
    found = sanitized(answer(body), rules.sanitizers)
    assert secret.encode() not in found.body
    assert suspects(found, rules) == []
    before, after = (json.loads(text)["error"]["message"] for text in (body, found.body))
    assert len(before) == len(after)


def test_a_secret_with_escaped_letters_is_found(rules):
    body = '{"a":"\\u0067' + GITHUB[1:] + '"}'
    (one,) = suspects(answer(body.encode()), rules)
    assert one.what == "a GitHub token"
    assert suspects(sanitized(answer(body.encode()), rules.sanitizers), rules) == []


@pytest.mark.parametrize("size", [1, 3, 9])
def test_a_secret_that_a_stream_tells_piece_by_piece_is_found(rules, size):
    text = f"Your token is {GITHUB}; near-Kq7Zw2Xv9B is yours too."
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    events = [{"id": "x", "choices": [{"delta": {"content": one}}]} for one in pieces]
    body = "".join(f"data: {json.dumps(one)}\n\n" for one in events).encode()
    found = suspects(answer(body, STREAM), rules, ["near-Kq7Zw2Xv9B"])
    assert [one.what for one in found] == ["the key that was used", "a GitHub token"]
    assert str(found[1]) == (
        "this looks like a GitHub token: piece by piece, over several events, "
        "in $.choices[0].delta.content"
    )
    assert suspects(answer(body, STREAM), rules)[0].what == "a GitHub token"


def test_escapes_of_a_text_that_is_no_json_hide_nothing(rules):
    assert suspects(answer(b"C:\\" + GITHUB.encode()), rules)
    assert suspects(answer(b"C:\\n" + GITHUB.encode()[1:] + b" \\" + OPENAI.encode()), rules)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("ask jane.doe+x@corp.co.uk!", "ask 0000.00000@0000.00.00!"),
        ("\\njane@corp.com", "\\n0000@0000.000"),
        ("see @app.route, a@b, git@github.com:x/y and me@example.com, a@mail.test", None),
        ("from your IP address: 52.14.7.9", "from your IP address: 00.00.0.0"),
        ("blocked (client 2a01:4f8:c17::1)", "blocked (client 0000:000:000::0)"),
        ("from 192.168.1.7 by 127.0.0.1, host 2001:db8::1, version 1.2.3.4 at 12:34:56", None),
    ],
)
def test_addresses_of_people_and_machines_are_replaced(rules, text, cleaned):
    body = f'{{"error":{{"message":"{text}"}}}}'
    found = sanitized(answer(body.encode()), rules.sanitizers).body.decode()
    assert found == body.replace(text, cleaned or text)
    assert json.loads(found)


@pytest.mark.parametrize(
    ("name", "value", "cleaned"),
    [
        ("llm_provider-set-cookie", "__cf_bm=aB3; Path=/", "__cf_bm=000; Path=/"),
        ("llm_provider-openai-organization", "acme", "0000"),
        ("llm_provider-x-request-id", "req_Ab3dE5fG7hJ9", "req_000000000000"),
        ("Via", f"1.1 {SHAPES[0]}.cloudfront.net (CloudFront)", None),
        ("X-Served-By", "cache-fra-eddf8230045-FRA", "cache-fra-00000000000-FRA"),
        ("Via", "1.1 google, 1.1 proxy-17", "1.1 google, 1.1 proxy-17"),
    ],
)
def test_what_proxies_add_and_pass_on_is_replaced(rules, name, value, cleaned):
    found = sanitized(answer(headers=((name, value),)), rules.sanitizers)
    assert found.headers == ((name, cleaned or value.replace(SHAPES[0], "0" * 32)),)
    assert suspects(found, rules) == []


@pytest.mark.parametrize("name", ["X-Forwarded-For", "cf-connecting-ip", "X-Real-IP"])
def test_addresses_of_callers_are_replaced_in_headers(rules, name):
    found = sanitized(answer(headers=((name, "10.1.2.3"),)), rules.sanitizers)
    assert found.headers == ((name, "00.0.0.0"),)


def test_fields_of_a_project_are_replaced_or_allowed(tmp_path):
    rules = own(
        tmp_path,
        """
sanitizers:
  seats: {why: Ours., fields: [seat, 'place*'], distinct: true}
allow:
  seals: {why: They are the same for everybody., fields: [seal]}
""",
    )
    word = SHAPES[0]
    found = sanitized(
        answer(f'{{"seat":"a","place2":"b","seal":"{word}","seatx":"c"}}'.encode()),
        rules.sanitizers,
    )
    assert json.loads(found.body) == {"seat": "0", "place2": "1", "seal": word, "seatx": "c"}
    assert suspects(found, rules) == []
    (one,) = suspects(answer(f'{{"other":"{word}"}}'.encode()), rules)
    assert one.within == "$.other"


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
SHAPED = st.from_regex(r"(chatcmpl-|gen-|rs_|call_)?[A-Za-z0-9_-]{1,60}", fullmatch=True)


@settings(deadline=None)
@given(
    values=st.lists(
        st.tuples(
            st.sampled_from(["id", "item_id", "requestId", "name", "text"]),
            st.one_of(SHAPED, WORDS),
        ),
        min_size=1,
        max_size=6,
    ),
    is_stream=st.booleans(),
    ascii_only=st.booleans(),
)
def test_whatever_the_ids_json_stays_json_and_nothing_is_left(rules, values, is_stream, ascii_only):
    texts = [json.dumps({name: value}, ensure_ascii=ascii_only) for name, value in values]
    body = "".join(f"data: {text}\n\n" for text in texts) if is_stream else f"[{','.join(texts)}]"
    before = answer(body.encode(), STREAM if is_stream else ())
    found = sanitized(before, rules.sanitizers)
    assert len(found.body) == len(before.body)
    after = documents(found) if is_stream else json.loads(found.body)
    for (name, value), one in zip(values, after, strict=True):
        assert list(one) == [name]
        if name not in {"name", "text"}:
            assert one[name] != value or not REFERENCE.search(value) or "000" in value
    assert sanitized(found, rules.sanitizers) == found


@pytest.mark.parametrize("character", ['"', "\\", "a", "{", ":", "\n"])
def test_long_bodies_are_searched_in_time_that_grows_with_them(rules, character):
    body = json.dumps({"text": character * 50_000, "id": "x1"}).encode()
    assert b"x1" not in sanitized(answer(body), rules.sanitizers).body
    many = events(*[f"{number:x}-{SHAPES[0]}" for number in range(5000)])
    assert SHAPES[0].encode() not in sanitized(many, rules.sanitizers).body
