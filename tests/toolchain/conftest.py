import json
import os
import shutil
from pathlib import Path

import msgspec
import pytest

from harness.model.client import Client
from harness.toolchain.cache import made_state
from harness.toolchain.need import Need
from harness.toolchain.node import NPM
from harness.toolchain.ready import prepare_all

ROOT = Path(__file__).parents[2]

LOCK = f"azure-ai-inference==1.0.0b9 --hash=sha256:{'0' * 64}\n"
CHECKSUM = f"sha512-{'A' * 86}=="
ENGINES = {
    "node_modules/a": ("1.2.3", {"node": ">=22.0.0"}),
    "node_modules/@scope/b": ("4.5.6", {"node": ">= 14"}),
    "node_modules/a/node_modules/@scope/b": ("4.0.0", {"node": ">=23"}),
    "node_modules/old": ("0.1.0", ["node >= 0.6"]),
}
NPM_LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"a": "1.2.3"}, "engines": {"node": ">=99"}},
        **{
            path: {"version": version, "integrity": CHECKSUM, "engines": engines}
            for path, (version, engines) in ENGINES.items()
        },
    },
}


@pytest.fixture
def make_need(tmp_path, monkeypatch):
    """Makes a client of a kind, in a project of its own, and remembers what was announced."""

    def make(kind="python", programs=(), name=None, **others) -> Need:
        name = name or {"node": "javascript"}.get(kind, kind)
        folder = tmp_path / "project/samples" / name
        folder.mkdir(parents=True, exist_ok=True)
        lock = {"python": "requirements.txt", "node": "package-lock.json"}.get(kind)
        if kind == "python":
            (folder / "requirements.txt").write_text(LOCK)
        if kind == "node":
            (folder / "package.json").write_text('{"type": "module"}')
            (folder / "package-lock.json").write_text(json.dumps(NPM_LOCK))
        client = msgspec.convert(
            {
                "name": name,
                "file": f"samples/{name}/client.yaml",
                "title": name.title(),
                "library": {"python": "azure-ai-inference", "node": "a"}.get(kind, ""),
                "suffix": ".x",
                "template": "",
                "fences": [],
                "install": "",
                "toolchain": {"kind": kind, "lock": lock, "programs": list(programs)},
                "run": ["{sample}"],
                "trust": [],
                "literals": {
                    "string": {"open": '"', "close": '"', "escapes": {}},
                    "true": "true",
                    "false": "false",
                    "null": "null",
                    "list": {"open": "[", "close": "]"},
                    "object": {"open": "{", "close": "}"},
                },
                "response": "text",
                "stream": "text",
                "error": "stderr",
            },
            Client,
        )
        said: list[str] = []
        need = Need(
            client=client,
            root=tmp_path / "project",
            folder=folder,
            state=tmp_path / "cache/projects/project",
            announce=others.pop("announce", said.append),
            **others,
        )
        make.said = said
        return need

    return make


@pytest.fixture
def programs_on_path(tmp_path, monkeypatch):
    """Puts programs of these names, and no others, on PATH."""

    def put(*names: str) -> Path:
        folder = tmp_path / "bin"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in names:
            (folder / name).write_text("#!/bin/sh\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return put


@pytest.fixture
def root_of():
    """The root of a need's project."""

    def root(need: Need) -> Path:
        return need.folder.parent.parent

    return root


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
        monkeypatch.delenv(name)
