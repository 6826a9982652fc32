"""Where a key of the user's may go: a project's files alone cannot say so.

A catalogue names an endpoint's URL and the variable that holds its key. Somebody else may have written
both: a pull request that changes the URL would else have the key. So a key goes to the hosts it was
made for (`key_hosts.json`), to the URL of a variable that belongs to it, and to where the user allows it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from harness.model.problem import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

ALLOW = "SAMPLEPROOF_ALLOW_KEYS"
"""The user's variable for more of them: `MY_KEY=api.example.com,OTHER_KEY=other.example`."""

LOCAL = {"localhost", "127.0.0.1", "::1"}
"""This machine: what is sent there stays there."""


class KeyHosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one variable's key may go."""

    hosts: tuple[str, ...] = ()
    """Hosts of the service whose key it is."""
    urls: tuple[str, ...] = ()
    """Variables in which the user has the URL that belongs to it."""
    named: bool = False
    """Whether it is for any URL that the user gives on the command line."""


def check(variable: str, host: str, environ: Mapping[str, str], *, named: bool) -> None:
    """See that a key may go to a host.

    Args:
        variable: Holds the key.
        host: Of the endpoint.
        environ: The user's variables.
        named: Whether the user has given the endpoint's URL on the command line.

    Raises:
        InvalidError: Nobody but the project's files says so, or the user's variable cannot be read.
    """
    host = host.lower()
    known = _known().get(variable, KeyHosts())
    own = {_host(environ.get(name, "")) for name in known.urls}
    fine = host in LOCAL or host in known.hosts or host in own or (named and known.named)
    if not fine and (variable, host) not in _allowed(environ.get(ALLOW, "")):
        raise invalid(
            f"the key in {variable} would go to {host}, and only a file of this project says so",
            hint=f"if it belongs there: export {ALLOW}={variable}={host}",
        )


@cache
def _known() -> dict[str, KeyHosts]:
    data = files("harness.live").joinpath("key_hosts.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, KeyHosts])


def _host(url: str) -> str:
    try:
        return (urlsplit(url.strip()).hostname or "").lower()
    except ValueError:
        return ""


def _allowed(text: str) -> set[tuple[str, str]]:
    """By variable and host, what the user allows."""
    found = set()
    for one in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)=([A-Za-z0-9_.:-]+)", one)
        if not match:
            raise invalid(
                f"{ALLOW}: expected VARIABLE=HOST, separated by commas; received {one!r}",
                hint=f"such as {ALLOW}=MY_KEY=api.example.com",
            )
        found.add((match[1], match[2].lower()))
    return found
