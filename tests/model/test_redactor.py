"""The redactor masks what is known and what has a secret's form, and leaves everything else as it is."""

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import redactor
from harness.model.redactor import redacted, redacted_bytes, redacted_value
from harness.model.secret_forms import known_forms
from harness.model.view import View, joined

TOKEN = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"  # in two, lest others take it for real
CORE = TOKEN[-20:]
KEY = "open-Sesame7plus"


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr(redactor, "_known", {})
    redactor._remembered.cache_clear()
    redactor.keep(KEY)
    yield KEY
    redactor._remembered.cache_clear()


SPELLINGS = {
    "plain": str,
    "JSON escapes": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "twice over": lambda text: json.dumps("".join(f"\\u{ord(one):04x}" for one in text)),
    "percent": lambda text: "".join(f"%{ord(one):02X}" for one in text),
    "HTML": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "base64": lambda text: base64.b64encode(f'{{"a":"{text}"}}'.encode()).decode(),
    "URL": lambda text: f"https://x.example/?q={quote(quote(text, ''), '')}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", ["known", "formed"])
def test_a_secret_is_masked_in_every_spelling(known, spelling, kind):
    secret = known if kind == "known" else TOKEN
    core = known if kind == "known" else CORE
    text = f"before {SPELLINGS[spelling](secret)} after"
    clean = redacted(text)
    assert redactor.MASK in clean
    assert SPELLINGS[spelling](core) not in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert redacted(clean) == clean


def test_what_is_not_known_is_not_masked(known):
    assert redacted(f"{known[:-1]} and short") == f"{known[:-1]} and short"
    redactor.keep("short")
    assert redacted("this is short enough") == "this is short enough"


@pytest.mark.parametrize(
    "text",
    [
        "8f14e45fceea167a5a36dedd4bea2543c4ca4238a0b923820dcc509a6f75849b",
        "5b1e3a52-92b5-4c3e-8f6e-0c1d2e3f4a5b",
        "https://user:password@host/x and $TOKEN, ghp_xxxxxxxxxxxxxxxxxxxxxxxx, sk-...",
        "Bearer {token}, api_key=YOUR_API_KEY, AKIAIOSFODNN7EXAMPLE",
        base64.b64encode(bytes(range(250))).decode(),
        "samples/python/basic.py:12: expected gpt-4o-mini-2024-07-18 100%25 \\u0041 &amp;",
    ],
)
def test_what_is_no_secret_stays_the_same_object(text):
    assert redacted(text) is text
    value = {"a": [text, 1, None, {"b": text}], "base64": 1}
    assert redacted_value(value) is value


def test_a_value_stays_a_value_and_bytes_in_it_are_masked_as_bytes():
    data = b"\xff\x00 " + TOKEN.encode() + b" \xfe"
    value = {"body": {"base64": base64.b64encode(data).decode()}, TOKEN: [TOKEN, 1.5, True, None]}
    clean = redacted_value(value)
    assert clean == {
        "body": {"base64": base64.b64encode(b"\xff\x00 ghp_*** \xfe").decode()},
        "ghp_***": ["ghp_***", 1.5, True, None],
    }
    assert redacted_bytes(data) == b"\xff\x00 ghp_*** \xfe"
    assert json.loads(redacted(json.dumps({"a": f'"{TOKEN}"'}))) == {"a": '"ghp_***"'}


def test_two_names_that_are_masked_stay_two():
    other = TOKEN.replace("a1B2", "zZ9y")
    assert redacted_value({TOKEN: 1, other: 2}) == {"ghp_***": 1, "ghp_****": 2}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_masking_twice_is_masking_once_whatever_the_value(value):
    clean = redacted_value({"a": value, "b": TOKEN})
    assert clean["b"] == "ghp_***"
    assert redacted_value(clean) is clean
    json.dumps(clean)


@given(st.text('\\u0041%2Fab"&;#x', max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_each_part_of_a_view_stands_somewhere_in_the_text(text, one, other):
    for view in View.of(text).levels():
        start, end = sorted((min(one, len(view.text)), min(other, len(view.text))))
        places = list(view.places(start, end))
        assert bool(places) == (start < end)
        assert all(0 <= first < last <= len(text) for first, last in places)
    assert next(iter(View.of(text).levels())).text == text


def test_views_that_are_joined_stand_where_each_stood():
    text = "ab--c\\u0064--ef"
    view = View.of(text)
    whole = joined([view.part(0, 2), view.part(4, 11).unescaped(), view.part(13, 15)])
    assert whole.text == "abcdef"
    assert list(whole.places(0, 6)) == [(0, 2), (4, 11), (13, 15)]
    assert list(whole.places(3, 4)) == [(5, 11)]


BEGINNINGS = {
    "again": lambda word: word,
    "and on": lambda word: f"-{word}Jaaaaaaaaaaaa",
    "in words": lambda word: f"{word} ",
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_what_begins_like_secrets_without_end_takes_no_long_time(beginning):
    size = 24_000
    for form in known_forms():
        for word in form.words:
            # Some are looked for in the upper case in which the service gives them out.
            for piece in {BEGINNINGS[beginning](word), BEGINNINGS[beginning](word.upper())}:
                text = (piece * (size // len(piece)) + "a-" * size + word)[: 2 * size] + word
                began = time.process_time()
                list(form.within(text))
                assert time.process_time() - began < 0.4, (form.name, piece)
