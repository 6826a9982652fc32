"""The gateway: accepts connections on a loopback socket and has a responder answer them."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from harness.gateway.budget import Budget
from harness.gateway.connection import Connection
from harness.gateway.front import Tunnel, greet
from harness.gateway.overheard import OverheardReader, OverheardSocket
from harness.gateway.passage import splice
from harness.gateway.reading import PORTS, RequestReader
from harness.gateway.traffic import Traffic
from harness.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.gateway.authority import Authority
    from harness.gateway.front import Door, Greeting
    from harness.gateway.responder import Request, Responder
    from harness.model.observation import SeenConnection

HANDSHAKE_S = 10.0
CLOSE_S = 1.0
"""How long a client may take to say goodbye."""

ACCEPTED_AT_ONCE = 100
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
BREATH_S = 0.05
"""How long to wait when the system can open nothing more."""

SETTLE_S = 2.0
SETTLE_STEP_S = 0.01
SETTLE_TURNS = 50
"""How long clients that are gone are given for what they have left, and how often it is looked at."""


class Gateway:
    """Serves any number of listening sockets, each with a responder of its own."""

    def __init__(self, authority: Authority) -> None:
        """Serve with certificates of an authority."""
        self._authority = authority

    async def serve(
        self,
        listener: socket.socket,
        responder: Responder,
        seen: Callable[[Request], None],
        *,
        connected: Callable[[SeenConnection], None] = lambda _: None,
        secret: str = "",
        budget: Budget | None = None,
        door: Door | None = None,
    ) -> Service:
        """Accept connections until the service is closed.

        Args:
            listener: Bound and listening; the service closes it.
            responder: What answers.
            seen: Told of each request when it is complete, with why it is a miss if it is one,
                before the first byte of its answer is written.
            connected: Told of each connection when it has ended.
            secret: What is looked for in all that is no whole request.
            budget: What may come, over this socket and others; without, there is no limit.
            door: Says where tunnels may lead; without, each is answered here.
        """
        budget = budget or Budget()
        return Service(self._authority, listener, responder, seen, connected, secret, budget, door)


class Service:
    """What serves one listening socket."""

    def __init__(
        self,
        authority: Authority,
        listener: socket.socket,
        responder: Responder,
        seen: Callable[[Request], None],
        connected: Callable[[SeenConnection], None],
        secret: str,
        budget: Budget,
        door: Door | None,
    ) -> None:
        """Begin to accept; called by `Gateway.serve`."""
        self.fault: BaseException | None = None
        """What failed in the responder or in the gateway itself: never a sample's fault."""
        self.refusals: list[str] = []
        """Clients that did not accept the gateway's certificate, and what they said."""
        self._authority = authority
        self._listener = listener
        self._responder = responder
        self._seen = seen
        self._connected = connected
        self._secret = Secret(secret.encode())
        self._budget = budget
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._handlers: dict[asyncio.Task[None], Connection | None] = {}
        self._transports: set[asyncio.WriteTransport] = set()
        self._closed = False
        listener.setblocking(False)
        self._listen()

    async def settle(self) -> bool:
        """Take in all that clients which are gone have sent; accept no others after that.

        Returns:
            Whether that was possible.
        """
        self._loop.remove_reader(self._listener)
        deadline = self._loop.time() + SETTLE_S
        accepted = whole = False
        turns = 0
        while not whole and self._loop.time() < deadline:
            accepted = accepted or self._accept_all()
            # As a rule all that is left is seen in a few turns of the loop.
            await asyncio.sleep(0 if turns < SETTLE_TURNS else SETTLE_STEP_S)
            turns += 1
            whole = accepted and not any(map(self._reads, self._handlers.items()))
        self._closed = True
        return whole

    @staticmethod
    def _reads(handler: tuple[asyncio.Task[None], Connection | None]) -> bool:
        task, connection = handler
        return not task.done() and (connection is None or not connection.told)

    async def close(self) -> None:
        """Accept no more, abort what is open, and wait until nothing of it is left."""
        handlers = list(self._handlers)
        self.abort()
        self._listener.close()
        await asyncio.gather(*handlers, return_exceptions=True)

    def abort(self) -> None:
        """Accept no more, and abort what is open."""
        self._closed = True
        self._loop.remove_reader(self._listener)
        for handler in list(self._handlers):
            handler.cancel()
        for transport in list(self._transports):
            # Python before 3.11.5 forgets how, once a TLS transport has been closed twice.
            with suppress(AttributeError):
                transport.abort()

    def _listen(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            self._accept_some()
        except OSError as error:
            self._loop.remove_reader(self._listener)
            if error.errno in EXHAUSTED:
                self._loop.call_later(BREATH_S, self._listen)
            else:
                self._fail(error)

    def _accept_some(self) -> bool:
        """Accept connections, but not for long; whether that was all for now.

        Raises:
            OSError: The system opens nothing more, or the listener is broken.
        """
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                accepted, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return True
            except ConnectionAbortedError:
                continue
            if not self._budget.connection():
                accepted.close()
                self._budget.closed()
                continue
            sock = OverheardSocket.of(accepted)
            sock.setblocking(False)
            handler = self._loop.create_task(self._handle(sock))
            self._handlers[handler] = None
            handler.add_done_callback(partial(self._ended, sock))
        return False

    def _accept_all(self) -> bool:
        """Accept what waits; whether all of it is accepted."""
        try:
            return self._accept_some()
        except OSError as error:
            if error.errno not in EXHAUSTED:
                self._fail(error)
            return False

    def _ended(self, sock: socket.socket, handler: asyncio.Task[None]) -> None:
        # Here and not in the handler, which may be cancelled before its first step.
        sock.close()
        self._budget.closed()
        del self._handlers[handler]

    def _fail(self, error: BaseException) -> None:
        if self.fault is None:
            self.fault = error

    async def _handle(self, sock: OverheardSocket) -> None:
        """Serve one connection. A client may do what it likes; only our own failures are kept."""
        traffic = Traffic(self._secret, self._budget)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            greeting = await greet(sock, traffic, self._door)
            if greeting is None or await self._let_through(sock, greeting.tunnel, traffic):
                return
            if greeting.tls:
                sock.hear = traffic.greeting
            names: list[str] = []
            try:
                context = await self._context(greeting, names.append)
            except ValueError as error:  # no certificate is made for such a host
                traffic.refused = str(error)
                return
            connected = await self._connect(sock, greeting, context, traffic)
            if names:
                tunnel = Tunnel(host=names[0], port=PORTS["https"])
                greeting = msgspec.structs.replace(greeting, tunnel=tunnel)
                traffic.host, traffic.port = tunnel.host, tunnel.port
            if connected is not None:
                await self._serve(greeting, *connected, traffic)
        except OSError:
            pass  # The client went away.
        except Exception as error:  # noqa: BLE001
            self._fail(error)
        finally:
            traffic.stray()
            self._connected(traffic.seen())

    async def _let_through(
        self, sock: socket.socket, tunnel: Tunnel | None, traffic: Traffic
    ) -> bool:
        """Whether a tunnel leads past the gateway; then it has done so, and is at its end."""
        if tunnel is None or self._door is None or not self._door.passes(tunnel):
            return False
        try:
            await splice(sock, tunnel)
            traffic.requests += 1
        except (OSError, TimeoutError) as error:
            traffic.refused = f"cannot be reached: {_reason(error)}"
        return True

    async def _context(
        self, greeting: Greeting, named: Callable[[str], None]
    ) -> ssl.SSLContext | None:
        if not greeting.tls:
            return None
        if greeting.tunnel is None:
            return self._authority.by_name(named, self._fail, self._budget.host)
        host = greeting.tunnel.host
        if not self._budget.host(host):
            raise ValueError("it asks for too many hosts")
        # Making a certificate takes long enough to hold up every other connection.
        return self._authority.ready(host) or await asyncio.to_thread(self._authority.context, host)

    async def _connect(
        self,
        sock: socket.socket,
        greeting: Greeting,
        context: ssl.SSLContext | None,
        traffic: Traffic,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        reader = OverheardReader(traffic.feed, self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
        try:
            transport, _ = await self._loop.connect_accepted_socket(
                lambda: protocol,
                sock,
                ssl=context,
                ssl_handshake_timeout=HANDSHAKE_S if context else None,
                ssl_shutdown_timeout=CLOSE_S if context else None,
            )
        except OSError as error:
            host = greeting.tunnel.host if greeting.tunnel else ""
            self.refusals.append(f"{host}: {_reason(error)}")
            traffic.refused = f"TLS: {_reason(error)}"
            return None
        return reader, asyncio.StreamWriter(transport, protocol, reader, self._loop)

    async def _serve(
        self,
        greeting: Greeting,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        traffic: Traffic,
    ) -> None:
        self._transports.add(writer.transport)
        try:
            requests = RequestReader(
                reader,
                writer,
                scheme="https" if greeting.tls else "http",
                tunnel=greeting.tunnel,
                early=greeting.early,
                traffic=traffic,
            )
            connection = Connection(requests, writer, self._responder, self._seen, self._fail)
            handler = asyncio.current_task()
            assert handler is not None  # noqa: S101
            self._handlers[handler] = connection
            await connection.run()
        finally:
            if not writer.is_closing():
                writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self._transports.discard(writer.transport)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return str(error.reason).lower().replace("_", " ")
    return str(error) or type(error).__name__
