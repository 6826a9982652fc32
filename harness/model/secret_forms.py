"""What secrets look like: the forms of keys that services give out, as data, and the search for them."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.model.view import ESCAPE, MOST_LEVELS, View, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parent / "secrets.toml"

WORD = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:(?:[A-Za-f][A-Za-z0-9+/_-]{3}){3}|(?=H4sI|eJ|eN)[A-Za-z0-9]{3}.{9})"
    r"[A-Za-z0-9+/_-]{2,}={0,2}"
)
"""What may be base64 (RFC 4648) of text, whose first bytes are ASCII, or of something compressed."""

WHOLE = 4
"""Characters of base64 that stand for whole bytes."""

MOST_OPENED = 2**20
"""Bytes of what is compressed that are looked into."""

LEAST_VARIED = 5
"""Characters that are different in a secret of any length; in a short one, half of them are."""

PLACEHOLDER = (
    r"(?i)(?:(?:your|my|our|the|an?|some|this|that|here|insert|put|enter|replace|example|sample|dummy|fake|test"
    r"|demo|placeholder|redacted|sanitized|removed|hidden|masked|filtered|change|me|with|user|name|secret|password"
    r"|passwd|passphrase|pass|pwd?|tokens?|key|api|access|account|client|auth|bearer|string|value|none|null"
    r"|undefined|todo|x{3,}+|0++|1234(?:5(?:6(?:7(?:8(?:90?)?)?)?)?)?|abc(?:def)?)[^A-Za-z0-9]*)+"
    r"|.*EXAMPLE(?:KEY)?|[<{$%\[(].*|.*[>}\])]|.*(?:\.{3}|\$\{).*|[^A-Za-z0-9]*"
)
"""What stands in documentation in a secret's place. Not compiled before there is something to compare."""


class Form(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One form of a secret."""

    name: str = ""
    pattern: str
    words: tuple[str, ...]
    """In lower case; one of them is in every text that the pattern matches."""
    base64: str = ""
    """What the secret is when it is decoded; anything, if empty."""

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        return re.compile(self.pattern, re.ASCII)

    def found(self, view: View) -> Iterator[tuple[int, int]]:
        """Where in a view secrets of this form stand."""
        if any(word in view.lower for word in self.words):
            yield from self.within(view.text)

    def within(self, text: str) -> Iterator[tuple[int, int]]:
        """Where in a text secrets of this form stand."""
        for match in self.expression.finditer(text):
            for number in range(1, match.re.groups + 1) if match.re.groups else (0,):
                start, end = match.span(number)
                if start < end and self._is_one(match[number]):
                    yield start, end

    def _is_one(self, text: str) -> bool:
        if self.base64:
            decoded = _decoded(text)
            return decoded is not None and re.fullmatch(self.base64, decoded) is not None
        return is_secret(text)


def is_secret(text: str) -> bool:
    """Whether what stands in a secret's place may be one: it is no placeholder, and not all alike."""
    told = re.sub(r"[^A-Za-z0-9]", "", text)
    varied = len(set(told)) >= min(LEAST_VARIED, len(told) / 2)
    return bool(told) and varied and not is_placeholder(text)


def is_placeholder(text: str) -> bool:
    """Whether a text is what documentation has in a secret's place."""
    return re.fullmatch(PLACEHOLDER, text) is not None


@cache
def known_forms() -> tuple[Form, ...]:
    """The forms that are known."""
    import tomllib

    data = tomllib.loads(DATA.read_text("utf-8"))
    return tuple(msgspec.convert({**entry, "name": name}, Form) for name, entry in data.items())


@cache
def _by_word() -> dict[str, list[Form]]:
    found: dict[str, list[Form]] = {}
    for form in known_forms():
        for word in form.words:
            found.setdefault(word, []).append(form)
    return found


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A secret in a text."""

    what: str
    """The name of its form."""
    start: int
    end: int


def found_in(text: str) -> list[Found]:
    """Secrets of known forms in a text: as it stands, escaped, or in base64. They do not overlap."""
    if not holds_any(text):
        return []
    every: list[Found] = []
    for view in views(text):
        for form in known_forms():
            for start, end in form.found(view):
                every += (
                    Found(what=form.name, start=first, end=last)
                    for first, last in view.places(start, end)
                )
    found: list[Found] = []
    for one in sorted(every, key=lambda one: (one.start, -one.end)):
        if not found or one.start >= found[-1].end:
            found.append(one)
    return found


@lru_cache(maxsize=8)
def views(text: str) -> tuple[View, ...]:
    """A text in all the ways that it may be read: with its escapes undone, and its base64 decoded."""
    return tuple(read_in_all_ways(View.of(text)))


def read_in_all_ways(view: View) -> Iterator[View]:
    """A view, with each level of escapes undone, and with what is base64 in it."""
    for level in view.levels():
        yield level
        yield from decoded_words(level)


def decoded_words(view: View) -> Iterator[View]:
    """What words of base64 stand for, if that is text."""
    for match in WORD.finditer(view.text):
        decoded = _decoded(match[0])
        if decoded:
            yield from view.opaque(*match.span(), decoded).levels()


def _decoded(word: str) -> str | None:
    """What a word of base64 stands for, in characters that stand for bytes; `None` if it is no text."""
    bare = word.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % WHOLE), validate=True)
    except (binascii.Error, ValueError):
        return None
    return as_text(data)


def as_text(data: bytes) -> str | None:
    """Bytes as text, a character for each; also of what is compressed. `None` if they are none."""
    data = unpacked(data) or data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if CONTROL.search(text) else data.decode("latin-1")


CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""What no text has in it."""


def unpacked(data: bytes, *, bare: bool = False) -> bytes:
    """What is compressed in some bytes, up to a limit; empty if nothing is.

    Args:
        data: The bytes.
        bare: Whether they may be a bare stream of deflate, which has no mark at its beginning.

    Source: RFC 1952 (gzip), RFC 1950 (zlib), RFC 1951 (deflate).
    """
    known = data.startswith(b"\x1f\x8b") or (
        data[:1] == b"x" and int.from_bytes(data[:2]) % 31 == 0
    )
    if not known and not bare:
        return b""
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 32 if known else -zlib.MAX_WBITS)
    try:
        plain = decoder.decompress(data, MOST_OPENED)
    except zlib.error:
        return b""
    return plain if known or (decoder.eof and not decoder.unused_data) else b""


def holds_any(text: str) -> bool:
    """Whether a text holds a secret of a known form; costs less than to say where."""
    for level in range(MOST_LEVELS + 1):
        if _stands_in(text) or any(_stands_in(one) for one in _words_of(text)):
            return True
        if level == MOST_LEVELS or not ESCAPE.search(text):
            break
        text = plain(text)
    return False


def _stands_in(text: str) -> bool:
    lower = text.lower()
    forms = {form.name: form for word, of in _by_word().items() if word in lower for form in of}
    return any(next(form.within(text), None) for form in forms.values())


def _words_of(text: str) -> Iterator[str]:
    for match in WORD.finditer(text):
        if decoded := _decoded(match[0]):
            while ESCAPE.search(decoded):
                yield decoded
                decoded = plain(decoded)
            yield decoded
