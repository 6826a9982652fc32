"""A client: one way to call the API, described wholly by its folder's `client.yaml`."""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.model.retry import Retry
from harness.model.text_fault import Kind

Reading = Literal["text", "body"]
"""How an answer is read off the output: it is the text itself, or the body that carries it."""


class Spelling(msgspec.Struct, frozen=True, kw_only=True):
    """How a string literal writes a character that may not stand as it is."""

    up_to: int
    """The last code point spelled this way."""
    form: str
    """A Python format with the code point as `{0}`, or its UTF-16 halves as `{1}` and `{2}`."""


class StringRule(msgspec.Struct, frozen=True, kw_only=True):
    """How a language writes a string."""

    open: str
    close: str
    escapes: dict[str, str]
    """Characters with a spelling of their own."""
    others: tuple[Spelling, ...] = ()
    """Spellings of all further characters that cannot be printed, by ascending code point."""


class Brackets(msgspec.Struct, frozen=True, kw_only=True):
    """How a language writes a list or an object."""

    open: str
    close: str
    separator: str = ", "
    pair: str = ": "
    """Between a name and its value."""
    names: dict[str, str] = {}
    """Names with a spelling of their own: a language may read more into one than a name."""


class Literals(msgspec.Struct, frozen=True, kw_only=True):
    """How a language writes every value that JSON can hold."""

    string: StringRule
    true: str
    false: str
    null: str
    list: Brackets
    object: Brackets


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program that must be on the user's PATH."""

    name: str
    version: tuple[str, ...] = ("--version",)
    minimum: str | None = None
    install: str = ""
    """What to tell someone who has not got it."""


class Toolchain(msgspec.Struct, frozen=True, kw_only=True):
    """What a client's samples need to run."""

    kind: Literal["python", "node", "programs"]
    lock: str | None = None
    """The file that pins the packages, beside `client.yaml`."""
    programs: tuple[Program, ...] = ()


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """One way to call the API: a language and its library."""

    name: str
    file: str
    title: str
    library: str
    suffix: str
    template: str
    """The template's text."""
    template_file: str = ""
    """Where it stands, as the user would type it."""
    fences: tuple[str, ...]
    """Info strings of Markdown fences that hold this client's code."""
    install: str
    """The command a reader types to install what the sample imports."""
    toolchain: Toolchain
    run: tuple[str, ...]
    """Arguments; `{sample}` is the file, `{python}` and the like come from the toolchain."""
    cannot_read: frozenset[Kind] = frozenset()
    """What of a sample's bytes that starts cannot read; what is not UTF-8 need not be said."""
    preload: tuple[str, ...] = ()
    """Modules that samples import, which an interpreter may import ahead of them."""
    trust: tuple[str, ...]
    """Environment variables that take the path of a file of trusted certificates."""
    environment: dict[str, str] = {}
    literals: Literals
    response: Reading
    stream: Reading
    error: Literal["stderr", "body"]
    """Where a reader sees the service's error: one line on stderr, or the body on the terminal."""
    retry: Retry = Retry()
    """How often its library asks again, and after which errors."""
    max_bytes: int | None = None
    """The longest sample that can run, in UTF-8."""
    reserved: frozenset[str] = frozenset()
    """Names that a sample's file must not have, since it would shadow a module."""

    def reading(self, *, stream: bool) -> Reading:
        """How the answer is read off the output."""
        return self.stream if stream else self.response
