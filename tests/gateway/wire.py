"""Clients that show exactly what is on the wire, and small responders to ask."""

import asyncio
import re
from http.client import HTTPResponse

import pytest

from harness.gateway.responder import Chunk, End, Head

HOST = "models.example.com"

MEASURED = pytest.StashKey[list]()
"""Lines for the end of a run."""


class Parts:
    """Answers every request with the same parts."""

    def __init__(self, *parts):
        self.parts = parts

    async def respond(self, request):
        for part in self.parts:
            yield part


def ok(*pieces, framing="chunked", ending="complete", headers=(), status=200, gap=0):
    length = sum(map(len, pieces))
    head = Head(status=status, reason="OK", headers=headers, framing=framing, length=length)
    chunks = [Chunk(data=piece, after_ms=gap) for piece in pieces]
    return Parts(head, *chunks, End(ending=ending))


class Echo:
    """Answers with the request's method, target and body."""

    async def respond(self, request):
        body = f"{request.method} {request.target} ".encode() + request.body
        yield Head(status=200, reason="OK", headers=(), framing="length", length=len(body))
        yield Chunk(data=body)
        yield End()


def tunnel(served, trust, host=HOST, port=443):
    """A TLS connection through the gateway."""
    sock = plain_tunnel(served, host, port)
    return trust.wrap_socket(sock, server_hostname=host)


def plain_tunnel(served, host=HOST, port=443):
    sock = served.connect()
    sock.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    assert until(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    return sock


def until(sock, mark):
    data = b""
    while not data.endswith(mark):
        piece = sock.recv(1)
        assert piece, f"closed after {data!r}"
        data += piece
    return data


def rest(sock):
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


def post(body=b"{}", target="/chat", headers=(), version="1.1"):
    lines = [f"POST {target} HTTP/{version}", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def response(sock, method="POST"):
    """Read one response with the standard library; the body is left to read."""
    found = HTTPResponse(sock, method=method)
    found.begin()
    return found


def http_chunks(sock):
    """The chunks of a chunked body, as they are framed on the wire."""
    head = until(sock, b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    found = []
    while True:
        size = int(re.fullmatch(rb"([0-9a-f]+)\r\n", until(sock, b"\r\n"))[1], 16)
        data = b""
        while len(data) < size + 2:
            data += sock.recv(size + 2 - len(data))
        if not size:
            return found
        found.append(data[:-2])


def collect(responder, request):
    """Everything that a responder yields, without a wire."""

    async def parts():
        return [part async for part in responder.respond(request)]

    return asyncio.run(parts())
