"""Endpoints that answer as a test tells them to, on a thread of their own."""

import json
import socket
import struct
import threading
from contextlib import contextmanager

RIGHT = "The capital of France is Paris, and the capital of Spain is Madrid. " * 5


def reply(status="200 OK", body=b"", media="application/json", headers=()):
    """A whole answer, after which the connection closes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media}", f"Content-Length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + data


def error(code, message):
    return {"error": {"code": code, "message": message}}


def chat(text=RIGHT):
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "model": "m", "created": 1, "choices": [choice]}


def events(text=RIGHT, pieces=6):
    size = len(text) // pieces + 1
    cut = [text[start : start + size] for start in range(0, len(text), size)]
    for piece in cut:
        choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
        event = {"id": "1", "object": "chat.completion.chunk", "choices": [choice]}
        yield f"data: {json.dumps(event)}\n\n".encode()
    yield b"data: [DONE]\n\n"


def chunked(pieces):
    """An event stream's head, then each piece as an HTTP chunk, then the end."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def right(request):
    """What a good endpoint answers."""
    if request["body"].get("stream"):
        yield from chunked(events())
    else:
        yield reply(body=chat())


class Endpoint:
    """Answers each connection's one request with the pieces that a function gives for it."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self.stopped = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        self.thread = threading.Thread(target=self.run)
        self.handlers = []
        self.thread.start()

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            handler = threading.Thread(target=self.handle, args=(sock,))
            self.handlers.append(handler)
            handler.start()

    def handle(self, sock):
        with sock:
            try:
                request = read(sock)
                self.requests.append(request)
                for piece in self.answer(request):
                    if piece == "silence":
                        self.stopped.wait(30)
                    elif piece == "reset":
                        sock.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                    else:
                        sock.sendall(piece)
            except OSError:
                pass  # it has seen enough

    def stop(self):
        self.stopped.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for handler in self.handlers:
            handler.join()


def read(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            raise OSError("closed")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += sock.recv(65536)
    return {"target": first.split()[1], "headers": headers, "body": json.loads(body)}


@contextmanager
def upstream(answer):
    endpoint = Endpoint(answer)
    try:
        yield endpoint
    finally:
        endpoint.stop()
