"""An endpoint that sends exactly what it is told, byte for byte and when it is told."""

import asyncio
import re
import threading
from contextlib import asynccontextmanager, contextmanager, suppress

from harness.gateway.outgoing import reset
from harness.gateway.responder import Request

RESET, CLOSE, HANG = "reset", "close", "hang"


class Raw:
    """Plays one script for each request, in order, the last for all that follow.

    A script is bytes to write at once, seconds to wait, or a way to end the connection.
    """

    def __init__(self, *scripts):
        self.scripts = list(scripts)
        self.requests = []
        self.port = 0

    @asynccontextmanager
    async def serve(self, trust=None):
        tasks = set()

        async def serve(reader, writer):
            tasks.add(asyncio.current_task())
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=trust)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks)

    @contextmanager
    def serve_in(self, background, trust=None):
        """The same, in another thread."""
        context = self.serve(trust)
        background.run(context.__aenter__())
        try:
            yield self
        finally:
            background.run(context.__aexit__(None, None, None))

    @contextmanager
    def serve_alone(self):
        """The same, in a thread of its own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        context = self.serve()
        try:
            asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(10)
            yield self
            leave = context.__aexit__(None, None, None)
            asyncio.run_coroutine_threadsafe(leave, loop).result(10)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _exchange(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        script = self.scripts[min(len(self.requests), len(self.scripts) - 1)]
        self.requests.append(head + body)
        for step in script:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif step == RESET:
                reset(writer.transport)
                return False
            elif step == CLOSE:
                return False
            elif step == HANG:
                await asyncio.Event().wait()
            else:
                await asyncio.sleep(step)
        return True


def asked(port, *, method="POST", target="/chat/completions", headers=(), body=b"{}", **more):
    known = {"scheme": "http", "host": "127.0.0.1", "port": port}
    return Request(method=method, target=target, headers=headers, body=body, **(known | more))


def http(status="200 OK", *headers, body=None):
    """The head of an answer; with a body, the whole of it."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def framed(*pieces):
    """HTTP chunks, without the last one."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


CHUNKED = "Transfer-Encoding: chunked"
LAST = b"0\r\n\r\n"
