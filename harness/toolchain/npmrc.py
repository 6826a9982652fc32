"""A client's own settings for npm, of which only those count that cannot reach beyond its packages.

A setting may name a program that npm starts, files that it reads and writes, and addresses with variables of
the environment in them. What was understood is written anew for npm.

Source: npm's documentation, "npmrc" and "config".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.model import files
from harness.model.problem import InvalidError, Problem

if TYPE_CHECKING:
    from harness.toolchain.need import Need

NAME = ".npmrc"

_SWITCH = r"true|false"
_NUMBER = r"\d{1,7}"
_KINDS = r"dev|optional|peer"
_INDEX = r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/@-]*)?"

ALLOWED = {
    "audit": _SWITCH,
    "engine-strict": _SWITCH,
    "fund": _SWITCH,
    "legacy-peer-deps": _SWITCH,
    "omit-lockfile-registry-resolved": _SWITCH,
    "prefer-dedupe": _SWITCH,
    "prefer-offline": _SWITCH,
    "prefer-online": _SWITCH,
    "progress": _SWITCH,
    "save-exact": _SWITCH,
    "strict-peer-deps": _SWITCH,
    "update-notifier": _SWITCH,
    "fetch-retries": _NUMBER,
    "fetch-retry-factor": _NUMBER,
    "fetch-retry-maxtimeout": _NUMBER,
    "fetch-retry-mintimeout": _NUMBER,
    "fetch-timeout": _NUMBER,
    "maxsockets": _NUMBER,
    "include": _KINDS,
    "omit": _KINDS,
    "install-strategy": "hoisted|nested|shallow",
    "lockfile-version": "[23]",
    "save-prefix": "[~^]?",
    "registry": _INDEX,
}
"""By setting: the values that it may have."""
SCOPED = r"@[a-z0-9._~-]+:registry"
LINE = r"([A-Za-z@][A-Za-z0-9@._:~-]*?)\s*=\s*(.*)"

OWN = "put it into your own ~/.npmrc if you need it"


def settings(need: Need) -> bytes:
    """A client's settings, as they are written for npm; empty if it has none.

    Raises:
        InvalidError: One of them is not for a project to set, or cannot be read.
    """
    try:
        path = need.folder / NAME
        data = files.read(path, files.above(path, need.shown(NAME)))
    except FileNotFoundError:
        return b""
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise InvalidError([Problem(file=need.shown(NAME), message=message)]) from error
    kept, problems = [], []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", data.decode("utf-8", "replace")), 1):
        said = line.strip()
        if not said or said[0] in "#;":
            continue
        message = _refused(said)
        if message:
            problems.append(Problem(file=need.shown(NAME), line=number, message=message, hint=OWN))
        kept.append(said)
    if problems:
        raise InvalidError(problems)
    return "".join(f"{line}\n" for line in kept).encode()


def _refused(line: str) -> str:
    """Why a setting does not count; empty if it does."""
    found = re.fullmatch(LINE, line)
    if not found:
        return f"expected `name=value`; received {line[:80]!r}"
    name, value = found.groups()
    allowed = _INDEX if re.fullmatch(SCOPED, name) else ALLOWED.get(name)
    if allowed is None:
        return f"`{name}` is no setting that a project may make for npm"
    if not re.fullmatch(allowed, value):
        expected = "an https:// address without variables" if allowed == _INDEX else allowed
        return f"`{name}`: expected {expected}; received {value[:80]!r}"
    return ""
