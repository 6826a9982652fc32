"""The lock of a Python client: pins with hashes, and nothing else.

A file of requirements may do more than pin: name indexes and other files, have a folder or a repository
built, and put variables of the environment into addresses. A project's lock may not. What was understood
is written anew for the installer, so that it reads nothing else into the lock.

Source: pip's "Requirements File Format".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.model.problem import InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.toolchain.need import Need

LONG = 300
"""Characters of a line that a message shows."""
HASH = r"\s--hash[=\s]\s*(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})(?=\s|$)"
ONE_VERSION = r"==\s*[A-Za-z0-9.!+_-]+"
ONLY = "a lock holds lines like `name==1.0 --hash=sha256:…` and comments"


def pins(need: Need) -> list[str]:
    """What a client's lock pins.

    Raises:
        InvalidError: It cannot be read, or does more than pin.
    """
    name = need.shown(need.lock)
    try:
        text = need.read(need.lock).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidError([Problem(file=name, message="this is not UTF-8")]) from error
    found, problems = [], []
    for line, entry in _entries(text):
        try:
            found.append(_pin(entry))
        except ValueError as error:
            shown = entry if len(entry) <= LONG else f"{entry[:LONG]}…"
            message = f"expected {error}; received {shown!r}"
            problems.append(Problem(file=name, line=line, message=message, hint=_hint(entry)))
    if problems:
        raise InvalidError(problems)
    return found


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """Each line that says something, without comments and with those that continue it."""
    start, entry = 0, ""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        said = re.sub(r"(^|\s)#.*", "", line).rstrip()
        start = start if entry else number
        if said.endswith("\\"):
            entry += said[:-1] + " "
            continue
        if entry := (entry + said).strip():
            yield start, entry
        entry = ""
    if entry.strip():
        yield start, entry.strip()


def _pin(entry: str) -> str:
    """An entry as it is written for the installer.

    Raises:
        ValueError: It is no pin; the text says what was expected.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    hashes = re.findall(HASH, entry)
    stripped = re.sub(HASH, "", entry).strip()
    try:
        asked = Requirement(stripped)
    except InvalidRequirement:
        raise ValueError("a package that is pinned, and no option") from None
    if asked.url is not None:
        raise ValueError("a package of the index, by its name")
    if "$" in stripped or not stripped.isprintable():
        raise ValueError("no variable, and nothing that cannot be printed")
    if not re.fullmatch(ONE_VERSION, str(asked.specifier)):
        raise ValueError("one version, after `==`")
    if not hashes:
        raise ValueError("a hash of what is pinned, --hash=sha256:…")
    return " ".join([str(asked), *(f"--hash={one}" for one in hashes)])


def _hint(entry: str) -> str:
    if re.match(r"(-i|-f|--(extra-)?index-url|--find-links|--no-index)\b", entry):
        return (
            "an index is named in your own environment, as with UV_DEFAULT_INDEX, not in a project"
        )
    return f"{ONLY}; make it anew: make lock"
