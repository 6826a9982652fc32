"""Asks a proxy the same thing again and again, as fast as it answers, over kept-alive connections.

Reads a `Task` as JSON from standard input and prints a `Result`. Every answer is looked at: its
status, and its body byte for byte. Sockets are used without an event loop, so that this process
has time to spare whatever it asks; `busy` says how much of its time it used.
"""

from __future__ import annotations

import select
import socket
import ssl
import sys
import time

import msgspec

ID = "0" * 32
"""Stands in a request for an identifier, another one each time, as API libraries send them."""

SPELLING = 32
START = b"HTTP/1.1 200 "
HEAD_END = b"\r\n\r\n"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    port: int
    host: str
    bundle: str
    """The certificate to trust."""
    connect: bool = True
    """Whether the port is a proxy's; otherwise TLS begins at once."""
    connections: int
    seconds: float
    request: str
    fresh: bool = False
    """Whether each body is spelled in another way: `SPELLING` more bytes of white space end it."""
    body: bytes
    """What the answers' bodies must be."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    answers: int
    seconds: float
    busy: float
    """The part of its time in which this process worked."""


class Client:
    """One connection: a request is out, and its answer not yet whole."""

    def __init__(self, task: Task, trust: ssl.SSLContext) -> None:
        sock = socket.create_connection(("127.0.0.1", task.port), timeout=30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if task.connect:
            sock.sendall(f"CONNECT {task.host}:443 HTTP/1.1\r\nHost: {task.host}\r\n\r\n".encode())
            granted = b""
            while not granted.endswith(HEAD_END):
                granted += sock.recv(1)
            if b" 200 " not in granted:
                raise SystemExit(f"the proxy answered CONNECT with {granted!r}")
        self.sock = trust.wrap_socket(sock, server_hostname=task.host)
        self.sock.setblocking(False)
        self.received = b""


def spelling(number: int) -> bytes:
    """A number in white space, which means nothing to JSON."""
    return f"{number:0{SPELLING}b}".translate({48: " ", 49: "\t"}).encode()


def _nothing(_: int) -> bytes:
    return b""


def run(task: Task) -> Result:
    """Keep all connections busy for a time.

    Raises:
        SystemExit: An answer is wrong.
    """
    trust = ssl.create_default_context(cafile=task.bundle)
    before, after = (part.encode("latin-1") for part in task.request.split(ID))
    clients = {}
    for _ in range(task.connections):
        client = Client(task, trust)
        clients[client.sock.fileno()] = client
    body, size, answers = task.body, len(task.body), 0
    spelled = spelling if task.fresh else _nothing
    watch = select.epoll()
    started, worked = time.perf_counter(), time.process_time()
    for number, client in clients.items():
        watch.register(number, select.EPOLLIN)
        client.sock.send(b"%b%032x%b%b" % (before, number, after, spelled(number)))
    until = started + task.seconds
    while (now := time.perf_counter()) < until:
        ready = watch.poll(5)
        if not ready:
            raise SystemExit("no answer for 5 seconds")
        for number, _ in ready:
            client = clients[number]
            try:
                data = client.sock.recv(65536)
            except ssl.SSLWantReadError:
                continue
            if not data:
                raise SystemExit("the connection was closed")
            received = client.received + data if client.received else data
            head = received.find(HEAD_END)
            if head < 0 or len(received) - head - 4 < size:
                client.received = received
                continue
            if not (received.startswith(START) and received.endswith(body)):
                raise SystemExit(f"expected {body!r}, received {received!r}")
            client.received = b""
            answers += 1
            client.sock.send(b"%b%032x%b%b" % (before, answers, after, spelled(answers)))
    seconds = now - started
    return Result(answers=answers, seconds=seconds, busy=(time.process_time() - worked) / seconds)


if __name__ == "__main__":
    result = run(msgspec.json.decode(sys.stdin.buffer.read(), type=Task))
    sys.stdout.buffer.write(msgspec.json.encode(result))
