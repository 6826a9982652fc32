"""The newest packages are pinned apart, whatever the project pins. Real tools, against indexes on this machine."""

import base64
import hashlib
import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.toolchain.cache import made_state
from harness.toolchain.newest import pin_newest
from harness.toolchain.node import NPM
from harness.toolchain.ready import prepare_all

ROOT = Path(__file__).parents[2]
VERSIONS = ("1.2.3", "2.0.0-beta.1", "1.10.0")


@contextmanager
def registry(newest):
    """An npm registry of packages that have no code, with the version that it calls the latest."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.strip("/").replace("%2f", "/")
            integrity = (
                "sha512-" + base64.b64encode(hashlib.sha512(name.encode()).digest()).decode()
            )
            dist = {"tarball": f"http://127.0.0.1/{name}.tgz", "integrity": integrity}
            versions = {one: {"name": name, "version": one, "dist": dist} for one in VERSIONS}
            found = {"name": name, "dist-tags": {"latest": newest}, "versions": versions}
            body = json.dumps(found).encode()
            self.send_response(404 if "gone" in name else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def npm(project, monkeypatch, tmp_path):
    """The Node of this clone's own samples is the one on PATH, with an npm."""
    clients = [project.clients["javascript"]]
    ready = prepare_all(clients, ROOT, made_state(ROOT), print)["javascript"]
    found = Path(ready.words["node"])
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "node").symlink_to(found)
    (folder / "npm").write_text(f'#!/bin/sh\nexec {found} {found.parents[1] / NPM} "$@"\n')
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    for name in [name for name in os.environ if name.lower() == "npm_config_registry"]:
        monkeypatch.delenv(name)  # it would count for more than the client's own settings


def pin(need, root, install):
    client = msgspec.structs.replace(need.client, install=install)
    return pin_newest(client, root, need.state, need.announce)


@pytest.mark.parametrize("newest", ["1.10.0", "2.0.0-beta.1"])
def test_what_npm_calls_the_latest_is_pinned_apart(make_need, root_of, npm, newest):
    need = make_need("node")
    before = {path.name: path.read_bytes() for path in need.folder.iterdir()}
    with registry(newest) as url:
        (need.folder / ".npmrc").write_text(f"registry={url}\n")
        found = pin(need, root_of(need), "npm install asking @scope/telling\nnpm pkg set x=y")
    folder = need.state / "newest/javascript"
    assert root_of(need) / found.file == folder / "client.yaml"
    about = json.loads((folder / "package.json").read_text())
    assert about["dependencies"] == {"@scope/telling": newest, "asking": newest}
    assert about["type"] == "module"
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert lock["node_modules/asking"]["version"] == newest
    (need.folder / ".npmrc").unlink()
    assert {path.name: path.read_bytes() for path in need.folder.iterdir()} == before


def test_a_package_that_is_gone_is_named(make_need, root_of, npm):
    need = make_need("node")
    with registry("1.10.0") as url:
        (need.folder / ".npmrc").write_text(f"registry={url}\nfetch-retries=0\n")
        with pytest.raises(HarnessError, match="looking for the newest packages of javascript"):
            pin(need, root_of(need), "npm install gone")


def test_programs_have_no_packages(make_need, root_of):
    need = make_need("programs")
    assert pin(need, root_of(need), "") is None


@pytest.mark.parametrize("install", ["", "conda install asking", "pip install --upgrade"])
def test_an_install_command_that_names_no_package_is_the_users_to_mend(make_need, root_of, install):
    need = make_need("python")
    with pytest.raises(InvalidError, match=r"client.yaml: install: expected a line with `pip"):
        pin(need, root_of(need), install)
