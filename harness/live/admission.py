"""Who is answered by `serve`: the services of a project, and its own address. Others are told so at once.

A shell that has read the printed lines sends everything here, what installers ask of package indexes
too. And a page in a browser can reach this address by a name of its own (DNS rebinding), or ask it
from elsewhere: it is answered by neither way.
"""

from __future__ import annotations

import re
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.forward import Forward
from harness.gateway.front import Tunnel, read_authority
from harness.gateway.responder import error_parts, header
from harness.model.problem import invalid

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from harness.gateway.responder import Part, Request, Responder
    from harness.model.observation import SeenConnection

OWN = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine, by which the gateway's own port is reached."""

USUAL = (443, 80)
HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*|[0-9a-f:.]*:[0-9a-f:.]*"
)
"""A name, or an address."""

REMEMBERED = 10_000
"""Hosts of which it is kept how they were refused."""


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A host that is let through."""

    host: str
    port: int | None = None
    """`None` for the usual ones."""

    def fits(self, host: str, port: int) -> bool:
        """Whether a place is this one."""
        return self.host == host and port in (USUAL if self.port is None else (self.port,))


def read_passed(text: str, served: Iterable[str]) -> Passed:
    """What a user names with `--pass`.

    Args:
        text: `HOST` or `HOST:PORT`.
        served: Hosts that are answered here.

    Raises:
        InvalidError: It is no host, or one of those.
    """
    bare = text if text.count(":") < 2 or text.startswith("[") else f"[{text}]"  # noqa: PLR2004
    alone = read_authority(f"{bare}:443")
    place = alone or read_authority(bare)
    host = _plain(place.host) if place else ""
    if place is None or not HOST.fullmatch(host):
        raise invalid(
            f"--pass: expected a host, or a host and a port; received {text!r}",
            hint="such as --pass pypi.org, or --pass localhost:3000",
        )
    if host in set(served):
        raise invalid(
            f"--pass: {host} is answered here, and is not let through",
            hint="without the gateway, use a shell that has not read its lines",
        )
    return Passed(host=host, port=None if alone else place.port)


class Admission:
    """Decides what is answered, what is let through, and what is refused."""

    def __init__(self, served: Iterable[str], passed: Iterable[Passed], port: int) -> None:
        """Answer for some hosts.

        Args:
            served: Those hosts.
            passed: What is let through.
            port: The gateway's own.
        """
        self._served = frozenset(map(_plain, served))
        self._passed = tuple(passed)
        self._refused: dict[str, bool] = {}
        """By host: whether it is of no use to answer within a tunnel."""
        self._port = port

    def refusal(self, tunnel: Tunnel) -> str:
        """Why a tunnel is refused; empty if it is granted.

        Some clients ask again and again for a tunnel that is refused. So who comes a second time is
        told within it, unless it does not trust the gateway's certificate.
        """
        if self.is_served(tunnel.host, tunnel.port) or self.passes(tunnel):
            return ""
        host = _plain(tunnel.host)
        if self._refused.get(host) is False:
            return ""
        if len(self._refused) >= REMEMBERED:
            self._refused.clear()
        self._refused.setdefault(host, False)
        return foreign(host, tunnel.port)

    def passes(self, tunnel: Tunnel) -> bool:
        """Whether a tunnel leads past the gateway."""
        return any(one.fits(_plain(tunnel.host), tunnel.port) for one in self._passed)

    def ended(self, connection: SeenConnection) -> None:
        """Learn from a connection that has ended."""
        host = _plain(connection.host)
        if host in self._refused and connection.refused.startswith("TLS"):
            self._refused[host] = True

    def is_served(self, host: str, port: int) -> bool:
        """Whether a place is one that is answered for."""
        return _plain(host) in self._served or self.is_own(host, port)

    def is_own(self, host: str, port: int) -> bool:
        """Whether a place is the gateway itself."""
        return _plain(host) in OWN and port == self._port


class Admitted:
    """Passes on what is answered here; all else gets an error in plain words, and no library retries."""

    def __init__(self, inner: Responder, admission: Admission) -> None:
        """Guard a responder."""
        self._inner = inner
        self._admission = admission
        self._others = Forward(redirects=True)

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer."""
        tunnel = Tunnel(host=request.host, port=request.port)
        inner = self._inner
        if not self._admission.is_served(request.host, request.port):
            if not self._admission.passes(tunnel):
                for part in _refused(foreign(_plain(request.host), request.port)):
                    yield part
                return
            inner = self._others
        elif self._admission.is_own(request.host, request.port) and _is_of_a_page(request):
            for part in _refused("This is not for web pages."):
                yield part
            return
        async with aclosing(inner.respond(request)) as answer:
            async for part in answer:
                yield part


def foreign(host: str, port: int) -> str:
    """Why a host is refused, and what to do about it."""
    place = host if port in USUAL else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not HOST.fullmatch(host):
        return "it is not for any host that is served here"
    return f"{place} is not served here; to let it through: sampleproof serve --pass {place}"


def _is_of_a_page(request: Request) -> bool:
    """Whether a page in a browser asks, from elsewhere (Fetch, and Fetch Metadata)."""
    own = f"http://{request.host}:{request.port}"
    origin = header(request.headers, "origin")
    site = header(request.headers, "sec-fetch-site") or "none"
    return origin not in {None, own} or site not in {"none", "same-origin"}


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _refused(why: str) -> tuple[Part, ...]:
    return error_parts(403, "Forbidden", "not_served", why, miss=why)
