import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
from wire import MEASURED

from harness.gateway.authority import Authority
from harness.gateway.gateway import Gateway

HOST = "models.example.com"


def pytest_configure(config):
    config.stash[MEASURED] = []


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash[MEASURED]:
        terminalreporter.write_line(line)


class Served:
    """A service, and what it told of."""

    def __init__(self, background, service, port, seen):
        self.background = background
        self.service = service
        self.port = port
        self.seen = seen

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


class Background:
    """Runs gateways in a thread, so that tests can use clients of every kind."""

    def __init__(self, authority):
        self.authority = authority
        self.loop = asyncio.new_event_loop()
        self.complaints = []
        self.loop.set_exception_handler(lambda _, context: self.complaints.append(context))
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    @contextmanager
    def serve(self, responder, *, faulty=False, **options):
        seen = []
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        port = listener.getsockname()[1]
        gateway = Gateway(self.authority)
        service = self.run(gateway.serve(listener, responder, seen.append, **options))
        try:
            yield Served(self, service, port, seen)
        finally:
            self.run(service.close())
        assert (service.fault is not None) == faulty, service.fault
        assert not self.complaints

    def stop(self):
        left = self.run(self._tasks())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        assert not left

    async def _tasks(self):
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.prepare([HOST])
    return made


@pytest.fixture(scope="session")
def background(authority):
    started = Background(authority)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def trust(authority):
    context = ssl.create_default_context(cafile=authority.bundle)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context
