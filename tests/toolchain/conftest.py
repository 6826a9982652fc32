import json
import shutil
from pathlib import Path

import msgspec
import pytest

from harness.model.client import Client
from harness.toolchain.need import Need

LOCK = "azure-ai-inference==1.0.0b9 --hash=sha256:00\n"
NPM_LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"a": "1.2.3"}, "engines": {"node": ">=99"}},
        "node_modules/a": {"version": "1.2.3", "engines": {"node": ">=22.0.0"}},
        "node_modules/@scope/b": {"version": "4.5.6", "engines": {"node": ">= 14"}},
        "node_modules/a/node_modules/@scope/b": {"version": "4.0.0", "engines": {"node": ">=23"}},
        "node_modules/old": {"version": "0.1.0", "engines": ["node >= 0.6"]},
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
