"""A known secret is found and hidden in whatever form a text has it, wherever the text is cut."""

import base64
import html
import json
import re
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.secret import Masking, Secret

KEY = b"sk-proj-Qv3nZr8+TtW1/xYb6Lm=Kp0.JcHd5~FgSa2Ue9_RiOo"
KEYS = st.text("abcXYZ019_-.~+/=", min_size=8, max_size=60).map(str.encode)


def each(form):
    """Every character in one spelling."""
    return lambda key, _: b"".join(form % byte for byte in key)


def some(form):
    """Some characters in one spelling, and the others as they are."""
    return lambda key, chosen: b"".join(
        form % byte if chosen(byte) else bytes([byte]) for byte in key
    )


def mixed(key, chosen):
    spellings = (b"%%%02x", b"\\u%04X", b"&#%d;", b"&#x%x;", b"\\x%02x", b"%%25%02X", b"%%5Cu%04x")
    pieces = [
        spellings[at % 7] % byte if chosen(byte) else bytes([byte]) for at, byte in enumerate(key)
    ]
    return b"".join(pieces)


def encoded(encode, before):
    return lambda key, _: encode(before + key + b"\0more")


SPELLED = {
    "plain": lambda key, _: key,
    "upper case": lambda key, _: key.upper(),
    "quoted for a URL": lambda key, _: quote(key.decode(), safe="").encode(),
    "some of it quoted": some(b"%%%02X"),
    "all of it quoted": each(b"%%%02x"),
    "quoted twice": each(b"%%25%02x"),
    "JSON": lambda key, _: json.dumps(key.decode()).replace("/", "\\/").encode(),
    "JSON escapes": some(b"\\u%04x"),
    "JSON within JSON": some(b"\\\\u%04x"),
    "quoted JSON": some(b"%%5Cu%04x"),
    "code points": some(b"\\u{%x}"),
    "bytes": some(b"\\x%02x"),
    "octal": some(b"\\%03o"),
    "HTML": lambda key, _: html.escape(key.decode()).replace("+", "&plus;").encode(),
    "HTML decimal": some(b"&#%d;"),
    "HTML hexadecimal": some(b"&#X%04X;"),
    "mixed": mixed,
    "hexadecimal": lambda key, _: key.hex().encode(),
    "HEXADECIMAL": lambda key, _: key.hex(":").upper().encode(),
    "dumped": lambda key, _: key.hex(" ").encode(),
    "UTF-16": lambda key, _: key.decode().encode("utf-16-le"),
    "lines": lambda key, _: base64.encodebytes(b"x" * 40 + key + b"y" * 20),
    "lines in JSON": lambda key, _: json.dumps(
        base64.encodebytes(b"x" * 53 + key).decode()
    ).encode(),
    **{
        f"{name} after {size}": encoded(encode, b"\xffbc:"[:size])
        for name, encode in (
            ("base64", base64.b64encode),
            ("base64url", base64.urlsafe_b64encode),
            ("quoted base64", lambda data: quote(base64.b64encode(data), safe="").encode()),
        )
        for size in range(4)
    },
}


def cut(text, cuts):
    places = sorted(at % (len(text) + 1) for at in cuts)
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def passed(secret, pieces):
    masking = secret.masking()
    return b"".join([*map(masking.feed, pieces), masking.rest()])


def hides(secret, pieces):
    text, hidden = b"".join(pieces), passed(secret, pieces)
    return (
        len(hidden) == len(text)
        and not secret.is_in(hidden)
        and hidden.startswith(b'{"said": "')
        and hidden.endswith(b'", "next": 1}\n\n')
    )


def within(spelled):
    return b'{"said": "' + spelled + b'", "next": 1}\n\n'


@pytest.mark.parametrize("form", SPELLED)
def test_a_secret_is_found_and_hidden_in_every_form(form):
    text = within(SPELLED[form](KEY, lambda byte: byte % 2))
    assert Secret(KEY).is_in(text)
    assert hides(Secret(KEY), [text])
    assert hides(Secret(KEY), [text[at : at + 7] for at in range(0, len(text), 7)])


@settings(max_examples=200, deadline=None)
@given(
    form=st.sampled_from(list(SPELLED)),
    key=KEYS,
    cuts=st.lists(st.integers(0, 2000), max_size=12),
    odd=st.integers(1, 5),
)
def test_a_secret_is_found_and_hidden_wherever_it_is_cut(form, key, cuts, odd):
    pieces = cut(within(SPELLED[form](key, lambda byte: byte % odd == 0)), cuts)
    secret = Secret(key)
    assert hides(secret, pieces)
    search = secret.search()
    for piece in pieces:
        search.feed(piece)
    assert search.found


def test_nothing_of_a_secret_is_left_in_base64_that_it_stands_in():
    """The characters at both ends hold bits of what is beside it as well."""
    for before in range(3):
        text = base64.b64encode(b"\xff" * before + KEY + b"\xff" * 3)
        hidden = Secret(KEY).masked(text)
        left = [at for at, byte in enumerate(hidden) if byte != ord("*")]
        own = range(8 * before, 8 * (before + len(KEY)))
        assert not [at for at in left for bit in range(6 * at, 6 * at + 6) if bit in own]


@given(st.lists(st.text(max_size=40)), st.sampled_from([b"\n\n", b"}\n\n", b"\r\n\r\n"]))
def test_an_event_flows_whole_whatever_it_says(texts, end):
    """What holds no secret is as it was, and nothing of an event is kept back once it has ended."""
    masking = Secret(KEY).masking()
    for text in texts:
        event = b"data: " + json.dumps(text).encode() + end
        assert masking.feed(event) == event
        assert not masking.waiting


@given(st.lists(st.binary(max_size=60)))
def test_what_holds_no_secret_is_passed_on_as_it_is(pieces):
    assert passed(Secret(KEY), pieces) == b"".join(pieces)


def test_what_is_kept_back_has_an_end():
    """However much is put between a secret's characters."""
    masking = Secret(KEY).masking()
    for piece in [KEY[:9], *[b" " * 1000] * 20, *[b"\\" * 1000] * 20, *[b"%25" * 1000] * 5]:
        masking.feed(piece)
        assert len(masking.waiting) <= Secret(KEY).reach


def test_what_comes_in_one_long_piece_is_searched_as_thoroughly():
    spelled = b"".join(b"%%25%02x" % byte for byte in KEY)
    hidden = passed(Secret(KEY), [b"x" * 1_100_000 + spelled])
    assert hidden == b"x" * 1_100_000 + b"*" * len(spelled)


def test_text_is_hidden_in_place_whatever_else_is_in_it():
    key = KEY.decode()
    assert Secret(KEY).masked_text(f"ä {key}\ud800 €") == f"ä {'*' * len(key)}\ud800 €"
    assert Secret(b"").masked_text(key) == key
    assert isinstance(Secret(b"").masking(), Masking)
    assert passed(Secret(b""), [KEY]) == KEY


LISTS = {
    "characters": lambda key: json.dumps(list(key.decode())),
    "bytes": lambda key: json.dumps({"type": "Buffer", "data": list(key)}, indent=1),
    "bytes of a program": lambda key: ", ".join(f"0x{byte:02X}" for byte in key),
    "pairs with hyphens": lambda key: key.hex("-"),
    "joined strings": lambda key: f"'{key[:9].decode()}' '{key[9:].decode()}'",
    "of a regular expression": lambda key: re.escape(key.decode()),
}


@pytest.mark.parametrize("spelling", LISTS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_list_of_its_characters_or_bytes_is_the_secret_too(spelling, size):
    text = LISTS[spelling](KEY).encode()
    masking = Masking(Secret(KEY))
    whole = b"x = " + text + b" ;"
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    hidden = b"".join(map(masking.feed, pieces)) + masking.rest()
    assert len(hidden) == len(whole)
    assert masking.found
    assert text[len(text) // 3 : 2 * len(text) // 3] not in hidden


def test_backslashes_without_end_take_no_long_time():
    secret = Secret(KEY)
    began = time.process_time()
    assert not secret.is_in(b"\\" * 1_000_000)
    assert time.process_time() - began < 0.5  # one by one it is twice that, on a fast machine
    assert secret.is_in(b"\\" * 1001 + json.dumps(KEY.decode()).encode())


def test_behind_a_run_of_backslashes_it_is_masked_where_it_stands():
    before = b"\\" * 80
    assert Secret(KEY).masked(before + KEY + b"!") == before + b"*" * len(KEY) + b"!"
