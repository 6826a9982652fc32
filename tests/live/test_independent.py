"""The samples against a server that is not ours, over plain HTTP and over TLS."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from serving import FIRST, cells, copied, run

from harness.gateway.authority import Authority

RULES = """\
rules:
  - name: exercise
    when: {messages_contain: exercise}
    respond:
      content: >-
        Here are five good reasons. Your heart grows stronger. Your sleep grows deeper — and so does
        your breath. Your mood lifts. Your memory stays. And, last of all, you meet people who do the
        same; that makes it far easier to go on. 💪
  - name: Spain
    when: {messages_contain: "What about Spain?"}
    respond: {content: "The capital of Spain is Madrid."}
  - name: France
    when: {messages_contain: France}
    respond: {content: "The capital of France is Paris."}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The port of an independent server."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "rules.yaml").write_text(RULES, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = "import sys; from fakellm.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", str(port), "--config", "rules.yaml"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            assert process.poll() is None
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def tls_before(port, context):
    """A port that speaks TLS, and passes all on to another."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def pump(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def handle(reader, writer):
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))
        except OSError:
            pass
        finally:
            inner_writer.close()
            writer.close()

    async def start():
        return await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)

    async def settle():
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def call(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(20)

    listening = call(start())
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(listening.close)
        call(settle())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_all_samples_pass_over_plain_http(server, whole_project, tmp_path):
    done, lines = run(tmp_path, *FIRST, "--live", f"http://127.0.0.1:{server}/v1")
    assert done.returncode == 0, done.stdout
    assert (lines[0]["mode"], lines[0]["endpoint"]["url"]) == (
        "live",
        f"http://127.0.0.1:{server}/v1",
    )
    found = cells(lines)
    assert len(found) == len(FIRST) * len(whole_project.clients)
    assert {one["verdict"] for one in found.values()} == {"pass"}
    notes = {finding["check"] for one in found.values() for finding in one["findings"]}
    assert "answer.wording" in notes
    assert {finding["severity"] for one in found.values() for finding in one["findings"]} == {
        "note"
    }
    assert {line["verdict"] for line in lines if line["type"] == "parity"} == {"pass"}


def test_all_samples_pass_over_tls(server, tmp_path):
    authority = Authority(tmp_path / "authority")
    with tls_before(server, authority.context("localhost")) as port:
        done, _ = run(
            tmp_path,
            *FIRST,
            "--live",
            f"https://localhost:{port}/v1",
            SSL_CERT_FILE=str(authority.bundle),
        )
        untrusted, lines = run(tmp_path, "curl/basic", "--live", f"https://localhost:{port}/v1")
    assert done.returncode == 0, done.stdout
    assert untrusted.returncode == 3
    assert "is not trusted" in cells(lines)["curl/basic"]["diagnosis"]["evidence"]


def test_a_dry_run_asks_nothing(server, whole_project, tmp_path):
    done, lines = run(tmp_path, "--live", "http://127.0.0.1:9/v1", "--dry-run")
    assert (done.returncode, lines) == (0, [])
    assert f"{len(list(whole_project.cells()))} requests, about" in done.stderr


def test_a_dry_run_wants_no_key(tmp_path):
    done, _ = run(tmp_path, "curl/basic", "--live", "openai", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "OpenAI: 1 request, about 5 s, by a guess\n")


def test_an_endpoint_that_is_not_there_is_told_of_once(tmp_path):
    done, _ = run(tmp_path, "--endpoint", "http://127.0.0.1:9/v1", verb="record")
    assert done.returncode == 3
    assert done.stderr.count("cannot connect to 127.0.0.1:9") == 1, done.stderr
    assert "not recorded either, as nobody can be asked: multi_turn, streaming" in done.stderr


def test_recordings_of_it_replay_to_the_same_verdicts(server, root, whole_project, tmp_path):
    project = copied(root, tmp_path / "project")
    url = f"http://127.0.0.1:{server}/v1"
    to = ("--endpoint", url, "--project", project)
    made, _ = run(tmp_path, *FIRST, *to, "--accept", verb="record")
    assert made.returncode == 0, made.stdout + made.stderr
    assert made.stdout.count("recorded; it replaces the one before") == len(FIRST)
    stream = (project / "samples/recordings/streaming.yaml").read_text("utf-8")
    assert f"endpoint: '{url}'" in stream
    assert "chunks: " in stream
    again, lines = run(tmp_path, *FIRST, "--project", project)
    assert again.returncode == 0, again.stdout
    assert {one["verdict"] for one in cells(lines).values()} == {"pass"}
    assert len(cells(lines)) == len(FIRST) * len(whole_project.clients)
    unchanged, _ = run(tmp_path, *FIRST, *to, verb="record")
    assert unchanged.stdout.count("nothing has changed") >= 2, unchanged.stdout
