"""A secret that is known, in every form in which a text may hold it: found, hidden, in streams too.

It may be written as it is, in hexadecimal, as a list of characters or of bytes, or in base64 wherever it
begins in a longer text; and each of these with some or all of its characters escaped (see `escapes`).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from harness.model.escapes import View, views, without_fillers

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 8
"""Characters that a secret has at least: a shorter one might stand in any text."""

URL_SAFE = bytes.maketrans(b"+/", b"-_")
BASE64 = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789+/-_")
"""Its characters in lower case (RFC 4648, sections 4 and 5)."""

WIDEST = 12
"""Bytes that stand for one in any spelling worth waiting for, as `%5Cu0041` and a line's end."""


AT_ONCE = 256 * 1024
"""Bytes that are hidden in at once: short enough for every layer of escapes to be undone."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A secret in one encoding."""

    data: bytes
    before: bool = False
    """Whether the character before it, which depends on what stands there, holds bits of it too."""
    after: bool = False
    """The same of the character after it."""


def forms(secret: bytes) -> tuple[bytes, ...]:
    """A secret as it is, in hexadecimal, and in base64 wherever it may begin in a longer text."""
    hexadecimal = secret.hex().encode()
    encoded = [one.data for one in _base64(secret)]
    every = dict.fromkeys([secret, *encoded, hexadecimal, hexadecimal.upper()])
    return tuple(form for form in every if form)


def _base64(secret: bytes) -> Iterator[Form]:
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        # Characters of six bits: those whose bits are all the secret's own.
        first, last = -(-8 * shift // 6), 8 * (shift + len(secret)) // 6
        form = Form(
            data=text[first:last],
            before=shift > 0,
            after=8 * (shift + len(secret)) % 6 > 0,
        )
        yield form
        if (safe := form.data.translate(URL_SAFE)) != form.data:
            yield msgspec.structs.replace(form, data=safe)


def _listed(secret: bytes) -> Iterator[bytes]:
    """The numbers of its bytes, without what separates them: in decimal, and as programs write them."""
    yield "".join(str(byte) for byte in secret).encode()
    yield "".join(f"0x{byte:02x}" for byte in secret).encode()


class Secret:
    """A secret, ready to be looked for."""

    def __init__(self, secret: bytes) -> None:
        """Look for a secret; an empty one is found nowhere."""
        # Compared in lower case: names of hosts lose theirs, and escapes are written in either.
        listed = [secret.hex().encode(), *_listed(secret)]
        every = [Form(data=secret), *(Form(data=one) for one in listed), *_base64(secret)]
        lower = [msgspec.structs.replace(one, data=one.data.lower()) for one in every]
        # As what stands between characters may stand in the secret too.
        bare = [msgspec.structs.replace(one, data=without_fillers(one.data)) for one in lower]
        lower += [one for one in bare if len(one.data) >= SHORTEST]
        self._forms = tuple({one.data: one for one in lower if secret and one.data}.values())
        self.reach = WIDEST * max((len(one.data) for one in self._forms), default=0)
        """Bytes within which a whole secret stands, whatever its form."""

    def __bool__(self) -> bool:
        return bool(self._forms)

    def is_in(self, data: bytes) -> bool:
        """Whether it stands in some bytes, in any form."""
        return any(form.data in view.data for view in self._views(data) for form in self._forms)

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where it stands in some bytes: start and end, ascending, none within another."""
        found: list[tuple[int, int]] = []
        for view in self._views(data):
            for form in self._forms:
                found += [view.source(*one) for one in _places(form, view.data)]
        return _merged(found)

    def masked(self, data: bytes) -> bytes:
        """The bytes with a star in place of each in which it stands: as long as before."""
        found = self.spans(data)
        if not found:
            return data
        hidden = bytearray(data)
        for start, end in found:
            hidden[start:end] = b"*" * (end - start)
        return bytes(hidden)

    def masked_text(self, text: str) -> str:
        """A text with stars in place of it."""
        data = text.encode("utf-8", "surrogatepass")
        hidden = self.masked(data)
        return text if hidden is data else hidden.decode("utf-8", "surrogatepass")

    def begun(self, data: bytes) -> int:
        """How many bytes at the end of some may be the beginning of it, in any form."""
        end = data[-self.reach :]
        every = self._views(end, whole=False)
        return len(end) - min((self._begin(view, len(end)) for view in every), default=len(end))

    def overlap(self, data: bytes) -> int:
        """How many bytes at the end of some are the first of it, as one of its forms has them."""
        lower = data[-self.reach :].lower()
        return max((_overlap(lower, form.data) for form in self._forms), default=0)

    def may_begin(self, data: bytes, size: int) -> bool:
        """Whether so many of its first bytes stand in some, as one of its forms has them."""
        lower = data.lower()
        return any(form.data[:size] in lower for form in self._forms)

    def search(self) -> Search:
        """A search in bytes that come piece by piece."""
        return Search(self)

    def masking(self) -> Masking:
        """Hides it in bytes that come piece by piece."""
        return Masking(self)

    def _views(self, data: bytes, *, whole: bool = True) -> Iterator[View]:
        return views(data, whole=whole) if self._forms and data else iter(())

    def _begin(self, view: View, size: int) -> int:
        """Where in a text of some size that may begin which a view of it ends with."""
        before = view.data[: view.closed]
        at = view.closed - max(_overlap(before, form.data) for form in self._forms)
        return view.source(at, at + 1)[0] if at < len(view.data) else size


class Search:
    """Looks for a secret in bytes that come piece by piece, wherever they are cut."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._last = b""
        self.found = False
        """Whether the secret has come."""

    def feed(self, data: bytes) -> None:
        """Look at the next bytes."""
        if self.found or not self._secret:
            return
        window = self._last + data
        self.found = self._secret.is_in(window)
        begun = self._secret.begun(window)
        self._last = window[len(window) - begun :]


class Masking:
    """Hides a secret in bytes that come piece by piece, and keeps back no more than it must."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self.waiting = b""
        """What may be the beginning of the secret, and is kept back."""
        self.found = False
        """Whether the secret has come."""

    def feed(self, data: bytes) -> bytes:
        """What can be passed on, now that some bytes have come."""
        starts = range(0, len(data), AT_ONCE)
        return b"".join(self._feed(data[start : start + AT_ONCE]) for start in starts)

    def _feed(self, data: bytes) -> bytes:
        window = self.waiting + data
        hidden = self._secret.masked(window)
        self.found = self.found or hidden is not window
        gone = len(hidden) - self._secret.begun(hidden)
        self.waiting = hidden[gone:]
        return hidden[:gone]

    def rest(self) -> bytes:
        """What was kept back, as nothing more comes."""
        rest, self.waiting = self.waiting, b""
        return rest


def _places(form: Form, data: bytes) -> Iterator[tuple[int, int]]:
    """Where a form stands, with the characters beside it that hold bits of the secret."""
    at = data.find(form.data)
    while at >= 0:
        end = at + len(form.data)
        before = form.before and at > 0 and data[at - 1] in BASE64
        after = form.after and end < len(data) and data[end] in BASE64
        yield at - before, end + after
        at = data.find(form.data, at + 1)


def _overlap(data: bytes, form: bytes) -> int:
    """How many bytes at the end of some are the first of a form, short of all of it."""
    at = data.find(form[0], max(0, len(data) - len(form) + 1))
    while at >= 0:
        if form.startswith(data[at:]):
            return len(data) - at
        at = data.find(form[0], at + 1)
    return 0


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
