"""The most that a server on `asyncio` can answer through `CONNECT` and TLS: it does nothing else.

Takes a certificate, its key included, and a file with an answer. Prints its port and serves until
standard input ends. Nothing of a request is read: whatever comes is taken for one, and answered.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from pathlib import Path


class Answers(asyncio.Protocol):
    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        self._transport.write(self._answer)


async def tunnel(sock: socket.socket, context: ssl.SSLContext, answer: bytes) -> None:
    loop = asyncio.get_running_loop()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await loop.sock_recv(sock, 65536)
    await loop.sock_sendall(sock, b"HTTP/1.1 200 OK\r\n\r\n")
    await loop.connect_accepted_socket(lambda: Answers(answer), sock, ssl=context)


async def serve(certificate: str, answer: bytes) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.num_tickets = 0
    loop = asyncio.get_running_loop()
    ended = loop.create_task(asyncio.to_thread(sys.stdin.read))
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    async with asyncio.TaskGroup() as tunnels:
        accepting = tunnels.create_task(accept(listener, context, answer, tunnels))
        await ended
        accepting.cancel()


async def accept(
    listener: socket.socket, context: ssl.SSLContext, answer: bytes, tunnels: asyncio.TaskGroup
) -> None:
    while True:
        sock, _ = await asyncio.get_running_loop().sock_accept(listener)
        tunnels.create_task(tunnel(sock, context, answer))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]).read_bytes()))
