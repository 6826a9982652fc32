"""Packages that want to run outside the sandbox while they are installed. Real tools, local packages."""

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.toolchain import packages, python
from harness.toolchain.ready import check, prepare

RUNS = "import os; open({mark!r}, 'a').write(os.environ.get('SOME_KEY', 'ran'))\n"


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """A file that what runs outside writes; the user has a key."""
    monkeypatch.setenv("SOME_KEY", "of the user's")
    return tmp_path / "ran"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of Python packages, which is the user's own index."""
    (tmp_path / "index").mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return tmp_path / "index"


def wheel(index, files):
    """Put a wheel into the index, and give its pin."""
    about = {
        "METADATA": "Metadata-Version: 2.1\nName: strange\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files = files | {f"strange-1.0.dist-info/{name}": text for name, text in about.items()}
    record = ""
    path = index / "strange-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
            record += f"{name},sha256={digest.rstrip('=')},{len(text)}\n"
        file.writestr("strange-1.0.dist-info/RECORD", record + "strange-1.0.dist-info/RECORD,,\n")
    return pin(path)


def sdist(index, mark):
    """Put a package into the index that must be built, by code of its own, and give its pin."""
    wheels = "def build_wheel(folder, *_):\n    raise SystemExit('built')\n"
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
        '[project]\nname = "strange"\nversion = "1.0"\n',
        "own.py": RUNS.format(mark=str(mark)) + wheels,
        "PKG-INFO": "Metadata-Version: 2.1\nName: strange\nVersion: 1.0\n",
    }
    path = index / "strange-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for name, text in files.items():
            about = tarfile.TarInfo(f"strange-1.0/{name}")
            about.size = len(text)
            file.addfile(about, io.BytesIO(text.encode()))
    return pin(path)


def pin(path):
    return f"strange==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def test_nothing_of_a_package_runs_while_it_is_installed_listed_or_tried(
    make_need, root_of, index, mark
):
    need = make_need()
    lock = wheel(
        index,
        {
            "strange.pth": RUNS.format(mark=str(mark)),
            "sitecustomize.py": RUNS.format(mark=str(mark)),
            "strange.py": RUNS.format(mark=str(mark)),
        },
    )
    (need.folder / need.lock).write_text(lock)
    settings = "this is no TOML, and would be refused"
    for folder in (need.folder, root_of(need)):
        for name in ("uv.toml", "pyproject.toml", ".python-version", "pip.conf", "setup.cfg"):
            (folder / name).write_text(settings)
    ready = prepare(need.client, root_of(need), need.state, need.announce)
    assert ready.versions["strange"] == "1.0"
    check(need.client, ready)
    assert not mark.exists()
    compiled = python.place(need).glob("lib/*/site-packages/__pycache__/strange.*.pyc")
    assert list(compiled), "samples cannot compile it"


def test_a_package_cannot_replace_the_interpreter_that_is_tried(make_need, index):
    need = make_need()
    lock = wheel(index, {"strange-1.0.data/data/pyvenv.cfg": "home = /strange\n"})
    (need.folder / need.lock).write_text(lock)
    with pytest.raises(HarnessError, match="a package replaces a part of the environment"):
        python.provide(need)
    assert not python.place(need).exists()


def test_what_must_be_built_is_built_only_where_the_user_says_so(
    make_need, index, mark, monkeypatch
):
    need = make_need()
    (need.folder / need.lock).write_text(sdist(index, mark))
    with pytest.raises(HarnessError, match=r"samples/python/requirements\.txt pins") as caught:
        python.provide(need)
    assert "strange has no wheel" in caught.value.remedy
    assert "SAMPLEPROOF_BUILD=strange sampleproof run" in caught.value.remedy
    assert not mark.exists()
    monkeypatch.setenv("SAMPLEPROOF_BUILD", "strange")
    with pytest.raises(HarnessError, match="built"):
        python.provide(need)
    assert set(mark.read_text().split("ran")) == {""}, "it got the key"


def test_what_may_be_built_is_named_by_its_name(make_need, monkeypatch):
    monkeypatch.setenv("SAMPLEPROOF_BUILD", "strange, --index-url=x")
    with pytest.raises(InvalidError, match="SAMPLEPROOF_BUILD: expected names of packages"):
        python.provide(make_need())


@pytest.fixture
def registry(monkeypatch):
    """The user's own npm registry, with a package that has scripts; gives its checksum."""
    files = {
        "package.json": json.dumps(
            {
                "name": "strange",
                "version": "1.0.0",
                "scripts": dict.fromkeys(
                    ("preinstall", "install", "postinstall"), "touch $INIT_CWD/ran"
                ),
                "bin": {"../../../../ran": "index.js"},
            }
        ),
        "binding.gyp": "{'targets': [{'target_name': 'x', 'type': 'none'}]}",
        "index.js": "",
    }
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as file:
        for name, text in files.items():
            about = tarfile.TarInfo(f"package/{name}")
            about.size = len(text)
            file.addfile(about, io.BytesIO(text.encode()))
    checksum = "sha512-" + base64.b64encode(hashlib.sha512(data.getvalue()).digest()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            address = f"http://127.0.0.1:{self.server.server_port}/strange.tgz"
            dist = {"tarball": address, "integrity": checksum}
            version = {"name": "strange", "version": "1.0.0", "dist": dist}
            listed = {"name": "strange", "versions": {"1.0.0": version}}
            body = data.getvalue() if self.path.endswith(".tgz") else json.dumps(listed).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
        yield checksum
        server.shutdown()
        thread.join()


def test_no_script_of_a_package_of_npm_runs(npm, make_need, registry, tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    need = make_need("node")
    entry = {"version": "1.0.0", "integrity": registry, "hasInstallScript": True}
    needs = {"dependencies": {"strange": "1.0.0"}}
    own = needs | {"scripts": {"preinstall": f"touch {tmp_path}/ran"}}
    (need.folder / "package.json").write_text(json.dumps(own))
    pinned = {"lockfileVersion": 3, "packages": {"": needs, "node_modules/strange": entry}}
    (need.folder / "package-lock.json").write_text(json.dumps(pinned))
    packages.provide(need)
    assert (packages.place(need) / "strange/binding.gyp").exists()
    assert not list(tmp_path.rglob("ran"))
    assert not list(tmp_path.rglob("build"))
