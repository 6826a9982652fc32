"""A secret in the forms that it may have in text, and the search for it in a stream of bytes."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote_to_bytes

JSON_ESCAPE = re.compile(rb"\\u00([0-9a-f]{2})", re.IGNORECASE)
URL_SAFE = bytes.maketrans(b"+/", b"-_")
LONGEST_ESCAPE = 6
"""Bytes that stand for one where each is escaped: `\\u0041`."""


def forms(secret: bytes) -> tuple[bytes, ...]:
    """A secret as it is, in hexadecimal, and in base64 wherever it may begin in a longer text.

    Escapes are no form: which characters are escaped is up to whoever writes them. `holds` knows them.
    """
    encoded = [base64.b64encode(b"\0" * shift + secret) for shift in range(3)]
    # The first and last characters depend on what stands around the secret.
    inner = [text[4 if shift else 0 : -4] for shift, text in enumerate(encoded)]
    hexadecimal = secret.hex().encode()
    every = [
        *(secret, *inner, *(text.translate(URL_SAFE) for text in inner)),
        *(hexadecimal, hexadecimal.upper()),
    ]
    return tuple(dict.fromkeys(form for form in every if form))


class Secret:
    """A secret, ready to be looked for."""

    def __init__(self, secret: bytes) -> None:
        """Look for a secret; an empty one is found nowhere."""
        # Compared in lower case: names of hosts lose theirs, and escapes are written in either.
        self._forms = tuple(dict.fromkeys(form.lower() for form in forms(secret) if secret))
        self.reach = LONGEST_ESCAPE * max(map(len, self._forms), default=0)
        """Bytes within which a whole secret stands, whatever its form."""

    def is_in(self, data: bytes) -> bool:
        """Whether it stands in some bytes: in one of its forms, as percent or JSON escapes or not."""
        lower = data.lower()
        if any(form in lower for form in self._forms):
            return True
        plain = JSON_ESCAPE.sub(_unescaped, lower) if b"\\u00" in lower else lower
        plain = unquote_to_bytes(plain).lower() if b"%" in plain else plain
        return plain is not lower and any(form in plain for form in self._forms)

    def search(self) -> Search:
        """A search in bytes that come piece by piece."""
        return Search(self)


class Search:
    """Looks for a secret in bytes that come piece by piece, wherever they are cut."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._last = b""
        self.found = False
        """Whether the secret has come."""

    def feed(self, data: bytes) -> None:
        """Look at the next bytes."""
        if self.found or not self._secret.reach:
            return
        window = self._last + data
        self.found = self._secret.is_in(window)
        self._last = window[-self._secret.reach :]


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)]).lower()
