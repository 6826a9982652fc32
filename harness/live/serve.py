"""The gateway by itself, for whatever one's own shell starts."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Literal

from harness import interruption
from harness.gateway.authority import Authority
from harness.gateway.echo import Echo
from harness.gateway.gateway import Gateway
from harness.gateway.library import Library
from harness.gateway.limited import Limited
from harness.gateway.listing import Listing
from harness.gateway.paced import Paced
from harness.gateway.responder import Head
from harness.live.admission import Admission, Admitted
from harness.live.forwarded import Forwarded
from harness.live.shells import settings, variables, way_back
from harness.live.trust import with_system
from harness.model.problem import HarnessError
from harness.model.secret import SHORTEST
from harness.model.unexpected import describe

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from pathlib import Path

    from harness.gateway.responder import Part, Request, Responder
    from harness.live.admission import Passed
    from harness.live.shells import Shell
    from harness.live.target import Target
    from harness.model.catalog import Limits
    from harness.model.observation import SeenConnection
    from harness.model.project import Project

Kind = Literal["replay", "echo", "forward"]
ADDRESS = "127.0.0.1"


def responder(
    project: Project, kind: Kind, target: Target | None, limits: Limits | None, token: str
) -> Responder:
    """What answers.

    Args:
        project: Its recordings and models.
        kind: From recordings, made up, or from an endpoint.
        target: The endpoint.
        limits: Those to enforce, if any.
        token: What a request that is forwarded must carry in the key's place.
    """
    inner: Responder
    if target is not None:
        inner = Forwarded(project, target, token, ADDRESS)
    elif kind == "echo":
        inner = Listing(Paced(Echo(project.catalog)), project.catalog)
    else:
        inner = Listing(Paced(Library(project)), project.catalog)
    return Limited(inner, limits) if limits else inner


def served_hosts(project: Project) -> list[str]:
    """The hosts of services that are answered for."""
    return [one.lower() for one in project.catalog.hosts]


class Logged:
    """Tells of each request when its answer begins."""

    def __init__(self, inner: Responder, tell: Callable[[str], None]) -> None:
        """Tell of what a responder answers; queries and headers may hold secrets, and are not told."""
        self._inner = inner
        self._tell = tell

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of the answer."""
        async with aclosing(self._inner.respond(request)) as answer:
            async for part in answer:
                if isinstance(part, Head):
                    clock = time.strftime("%H:%M:%S")
                    line = f"{clock} {request.method} {request.host}{request.path} {part.status}"
                    why = part.miss or (part.no_answer and part.no_answer.message)
                    self._tell(f"{line}  {why}" if why else line)
                yield part


def tell_beside(one: SeenConnection, tell: Callable[[str], None]) -> None:
    """Tell what a connection carried beside whole requests, or that it was a tunnel to no use."""
    what = []
    if one.stray:
        what.append(f"{one.stray} bytes that are no whole request")
    elif one.host and not one.used:
        what.append("no request came")
    if what and one.refused:
        what.append(one.refused)
    what += [f"the token shows {place}" for place in one.leaks]
    if what:
        place = one.place if one.host else "to no host that is named"
        tell(f"{time.strftime('%H:%M:%S')} CONNECT {place}  {'; '.join(what)}")


def listen(port: int) -> socket.socket:
    """A listening socket on this machine alone.

    Raises:
        HarnessError: The port is not to be had.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        why = "is taken" if taken else f"cannot be opened: {error.strerror}"
        remedy = "choose another with --port N, or leave --port out for one that is free"
        raise HarnessError(f"port {port} {why}", remedy) from error
    return listener


async def serve(
    project: Project,
    state: Path,
    answers: Responder,
    *,
    port: int,
    shell: Shell,
    ready: Callable[[str], None],
    tell: Callable[[str], None],
    token: str,
    passed: Sequence[Passed] = (),
    secret: str = "",
) -> None:
    """Serve until interrupted.

    Args:
        project: The project.
        state: Where it keeps what it makes for itself.
        answers: What answers.
        port: Where to listen; 0 for any that is free.
        shell: For which the lines are written.
        ready: Given the lines that make a shell use the gateway, once it does.
        tell: Told of each request, and of what comes beside requests.
        token: Stands in for the reader's key in that shell.
        passed: Hosts that are let through.
        secret: What is looked for in that, unless it is so short that it may stand anywhere.

    Raises:
        HarnessError: The port is taken, certificates cannot be kept, or the gateway failed.
    """

    def ended(connection: SeenConnection) -> None:
        admission.ended(connection)
        tell_beside(connection, tell)

    authority = Authority(state / "tls")
    listener = listen(port)
    try:
        authority.prepare(project.catalog.hosts)
        bundle = authority.bundle.resolve()
        if passed:
            bundle = with_system(bundle, os.environ)
        given = listener.getsockname()[1]
        set_here = variables(
            f"http://{ADDRESS}:{given}",
            bundle,
            project.clients.values(),
            (project.catalog.endpoint.token, token),
        )
        text = "\n".join(settings(shell, set_here, project.catalog.endpoint.token))
        admission = Admission(served_hosts(project), passed, given)
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        interruption.heed(lambda: loop.call_soon_threadsafe(stopped.set))
        service = await Gateway(authority).serve(
            listener,
            Logged(Admitted(answers, admission), tell),
            lambda _: None,
            connected=ended,
            door=admission,
            secret=secret if len(secret) >= SHORTEST else "",
        )
    except BaseException:
        listener.close()
        raise
    try:
        ready(text)
        await stopped.wait()
    finally:
        await service.close()
    tell(
        f"A shell that read those lines goes nowhere now. For the way back: {way_back(shell, set_here)}"
    )
    for refusal in dict.fromkeys(service.refusals):
        tell(f"a client did not trust the gateway: {refusal}")
    if service.fault is not None:
        raise HarnessError(f"the gateway failed: {describe(service.fault)}", "please report this")
