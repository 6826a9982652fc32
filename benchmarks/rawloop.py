"""The most that a server on `asyncio` can answer through `CONNECT` and TLS: it does nothing else.

Takes a certificate, its key included, a file with an answer, and how to serve: from a bare
`protocol`, or with `streams` and a task for each connection. Prints its port and serves until
standard input ends. Nothing of a request is read: whatever comes is taken for one, and answered.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


class Answers(asyncio.Protocol):
    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        self._transport.write(self._answer)


async def tunnel(sock: socket.socket, context: ssl.SSLContext, answer: bytes, how: str) -> None:
    loop = asyncio.get_running_loop()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await loop.sock_recv(sock, 65536)
    await loop.sock_sendall(sock, b"HTTP/1.1 200 OK\r\n\r\n")
    if how == "protocol":
        await loop.connect_accepted_socket(lambda: Answers(answer), sock, ssl=context)
        return
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=context)
    with suppress(OSError):
        while await reader.read(65536):
            transport.write(answer)


async def serve(certificate: str, answer: bytes, how: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.num_tickets = 0
    loop = asyncio.get_running_loop()
    ended = loop.create_task(asyncio.to_thread(sys.stdin.read))
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    async with asyncio.TaskGroup() as tunnels:
        accepting = tunnels.create_task(accept(listener, tunnels, context, answer, how))
        await ended
        accepting.cancel()


async def accept(listener: socket.socket, tunnels: asyncio.TaskGroup, *known: Any) -> None:
    while True:
        sock, _ = await asyncio.get_running_loop().sock_accept(listener)
        tunnels.create_task(tunnel(sock, *known))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]).read_bytes(), sys.argv[3]))
