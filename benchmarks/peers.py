"""What the gateway is measured against: programs that also stand between a client and a service.

    make bench-peers

installs them into `build/peers/`, each into an environment of its own. Each serves the same
recorded exchange to whoever asks for it, through `CONNECT` and TLS with certificates of its own
authority, compares method, path, query and body, and keeps a journal of the same length if it
keeps one at all.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from urllib.request import urlopen

import msgspec
from serving import Served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

MITMPROXY = "mitmproxy>=11"
WIREMOCK = "wiremock@3.13.2"
JOURNAL = 1000
"""Requests that each keeps."""

START_S = 60


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange: what is asked, and what is answered."""

    host: str
    method: str
    target: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    """Of the answer, without those that frame it."""
    answer: bytes


class MissingError(Exception):
    """A peer cannot be measured here."""


def install(folder: Path) -> None:
    """Install what can be installed, and say what cannot."""
    for name, make in (("mitmproxy", _install_mitmproxy), ("wiremock", _install_wiremock)):
        place = folder / name
        try:
            if not (place / "done").exists():
                print(f"Installing {name} into {place}", flush=True)
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir(parents=True)
                make(place)
                (place / "done").touch()
        except MissingError as missing:
            print(f"{name} is left out: {missing}")


def _run(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise MissingError(f"there is no {command[0]} here")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")


def _install_mitmproxy(place: Path) -> None:
    uv = str(Path(sys.executable).parent / "uv")
    _run(uv, "--system-certs", "venv", "--quiet", "--python", sys.executable, str(place / "env"))
    python = str(place / "env/bin/python")
    _run(uv, "--system-certs", "pip", "install", "--quiet", "--python", python, MITMPROXY)


def _install_wiremock(place: Path) -> None:
    if shutil.which("java") is None:
        raise MissingError("it needs Java, and there is no java here")
    _run("npm", "install", "--silent", "--no-audit", "--prefix", str(place), WIREMOCK)


@contextmanager
def mitmproxy(folder: Path, question: Question) -> Iterator[Served]:
    """mitmproxy, replaying one exchange.

    Raises:
        MissingError: It is not installed, or does not start.
    """
    program = folder / "mitmproxy/env/bin/mitmdump"
    if not program.exists():
        raise MissingError("not installed; type: make bench-peers")
    with tempfile.TemporaryDirectory() as state:
        saved = Path(state, "exchange.har")
        saved.write_text(json.dumps(_har(question)))
        options = {
            "confdir": state,
            "upstream_cert": "false",
            "connection_strategy": "lazy",
            "server_replay": str(saved),
            "server_replay_reuse": "true",
            "server_replay_extra": "kill",
            "server_replay_refresh": "false",
            "flow_detail": "0",
        }
        command = [str(program), "--listen-host", "127.0.0.1", "--listen-port", "0"]
        for name, value in options.items():
            command += ["--set", f"{name}={value}"]
        with _started(command, Path(state), r"listening at \S*?:(\d+)") as (pid, port):
            yield Served(pid=pid, port=port, bundle=Path(state, "mitmproxy-ca-cert.pem"))


@contextmanager
def wiremock(folder: Path, question: Question) -> Iterator[Served]:
    """WireMock as a browser's proxy, with one stub.

    Raises:
        MissingError: It is not installed, or does not start.
    """
    [*jars] = (folder / "wiremock").glob("node_modules/wiremock/build/wiremock-standalone-*.jar")
    if not jars or shutil.which("java") is None:
        raise MissingError("not installed, or there is no java here; type: make bench-peers")
    with tempfile.TemporaryDirectory() as state:
        Path(state, "mappings").mkdir()
        Path(state, "mappings/exchange.json").write_text(json.dumps(_stub(question)))
        command = ["java", "-jar", str(jars[0]), "--port", "0", "--bind-address", "127.0.0.1"]
        command += ["--root-dir", state, "--enable-browser-proxying"]
        command += ["--ca-keystore", str(Path(state, "authority.jks"))]
        command += ["--max-request-journal-entries", str(JOURNAL), "--disable-request-logging"]
        command += ["--use-chunked-encoding", "never", "--disable-gzip"]
        with _started(command, Path(state), r"(?m)^port: +(\d+)$") as (pid, port):
            bundle = Path(state, "authority.pem")
            with urlopen(f"http://127.0.0.1:{port}/__admin/certs/wiremock-ca.crt") as answer:
                bundle.write_bytes(answer.read())
            yield Served(pid=pid, port=port, bundle=bundle)


PEERS: dict[str, Callable[[Path, Question], AbstractContextManager[Served]]] = {
    "WireMock": wiremock,
    "mitmproxy": mitmproxy,
}


@contextmanager
def _started(command: list[str], folder: Path, says: str) -> Iterator[tuple[int, int]]:
    """A program's process id, and the port that it says it listens at."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        until = time.monotonic() + START_S
        while not (found := re.search(says, log.read_text("utf-8", "replace"))):
            if process.poll() is not None or time.monotonic() > until:
                last = log.read_text("utf-8", "replace").strip()[-500:]
                raise MissingError(f"{command[0]} did not start: {last}")
            time.sleep(0.1)
        yield process.pid, int(found[1])
    finally:
        process.terminate()
        process.wait()


def _stub(question: Question) -> dict[str, object]:
    """A stub as WireMock reads it."""
    path, _, query = question.target.partition("?")
    return {
        "request": {
            "method": question.method,
            "urlPath": path,
            "queryParameters": {name: {"equalTo": value} for name, value in parse_qsl(query)},
            "bodyPatterns": [{"equalToJson": question.body.decode()}],
        },
        "response": {
            "status": 200,
            "headers": dict(question.headers),
            "base64Body": base64.b64encode(question.answer).decode(),
        },
    }


def _har(question: Question) -> dict[str, object]:
    """An exchange as mitmproxy reads it (HAR 1.2)."""
    # What it reads from such a file, it sends without a length unless one stands among the headers.
    headers = (*question.headers, ("Content-Length", str(len(question.answer))))
    common = {"httpVersion": "HTTP/1.1", "cookies": [], "headersSize": -1, "bodySize": -1}
    request = {
        "method": question.method,
        "url": f"https://{question.host}{question.target}",
        "headers": [{"name": "Host", "value": question.host}],
        "queryString": [],
        "postData": {"mimeType": "application/json", "text": question.body.decode()},
    }
    response = {
        "status": 200,
        "statusText": "OK",
        "headers": [{"name": name, "value": value} for name, value in headers],
        "redirectURL": "",
        "content": {
            "size": len(question.answer),
            "mimeType": "application/json",
            "text": question.answer.decode(),
        },
    }
    entry = {
        "startedDateTime": "2026-01-01T00:00:00.000Z",
        "time": 1,
        "cache": {},
        "timings": {"send": 0, "wait": 1, "receive": 0},
        "request": request | common,
        "response": response | common,
    }
    return {"log": {"version": "1.2", "creator": {"name": "-", "version": "-"}, "entries": [entry]}}


if __name__ == "__main__":
    install(Path(sys.argv[1]))
