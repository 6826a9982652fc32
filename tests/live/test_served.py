"""Which model answers is what the endpoint lists, and not the name that was asked for."""

import asyncio
import http.server
import json
import threading
from contextlib import contextmanager

import pytest
from serving import copied, run

from harness.live.served import UNKNOWN, served_model
from harness.live.target import Target
from harness.model.catalog import Endpoint, Limits


@contextmanager
def listing(status, body):
    """An endpoint that lists its models, and repeats the name of the one it is asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def reply(self, code, data):
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            self.server.asked.append((self.path, self.headers["Authorization"]))
            self.reply(status, body if isinstance(body, bytes) else json.dumps(body).encode())

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = "The capital of France is Paris, and that of Spain is Madrid."
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            answer = {"id": "1", "object": "chat.completion", "created": 1, "choices": [choice]}
            self.reply(200, json.dumps({**answer, "model": asked["model"]}).encode())

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


def models(*names):
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}


@pytest.mark.parametrize(
    ("status", "body", "model"),
    [
        (200, models("tiny"), "tiny"),
        (200, models("/home/me/models/tiny.gguf"), "tiny.gguf"),
        (200, models("a", "phi3:mini", "b"), "phi3:mini"),
        (200, [{"id": "tiny"}], "tiny"),
        (200, models("k" * 20), "*" * 20),
        (200, models("a", "b"), UNKNOWN),
        (200, models(), UNKNOWN),
        (200, {"data": [7, {"id": 7}, {}]}, UNKNOWN),
        (200, b"<html>", UNKNOWN),
        (404, models("tiny"), UNKNOWN),
    ],
)
def test_the_one_that_it_lists_or_nobody_knows(status, body, model):
    with listing(status, body) as (server, url):
        target = Target(Endpoint(name="e", title="E", url=url), Limits(), "k" * 20)
        assert asyncio.run(served_model(target, "phi3:mini")) == model
    assert server.asked == [("/v1/models", f"Bearer {'k' * 20}")]


def test_an_endpoint_that_is_gone_tells_nothing():
    target = Target(Endpoint(name="e", title="E", url="http://127.0.0.1:9/v1"), Limits(), "")
    assert asyncio.run(served_model(target, "m")) == UNKNOWN


def test_a_recording_says_which_model_answered(root, tmp_path):
    project = copied(root, tmp_path / "project")
    with listing(200, models("tiny")) as (_, url):
        arguments = ("--endpoint", url, "--accept", "--project", project, "--scenario", "basic")
        done, _ = run(tmp_path, *arguments, verb="record")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n  model: tiny\n" in (project / "samples/recordings/basic.yaml").read_text("utf-8")
