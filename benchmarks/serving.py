"""Servers to measure, each in a process of its own, and what the system knows of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cost import COMMAND, ENVIRONMENT

from harness.toolchain.cache import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PORT = re.compile(r"https_proxy='?http://127\.0\.0\.1:(\d+)")
"""As `sampleproof serve` tells it to a shell."""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is ready to answer."""

    pid: int
    port: int
    bundle: Path
    """The certificate to trust."""

    def cpu_s(self) -> float:
        """Processor time it has used so far (Linux only)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def script(name: str, *arguments: str) -> Iterator[tuple[int, str]]:
    """Run a script that serves until its standard input ends: its process id, and its first line."""
    command = [sys.executable, str(HERE / name), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            if not first:
                raise SystemExit(f"benchmarks/{name} did not start")
            yield process.pid, first
        finally:
            process.stdin.close()


@contextmanager
def serve(root: Path) -> Iterator[Served]:
    """`sampleproof serve`, as a user starts it; what it says of each request is thrown away."""
    command = [COMMAND, "serve", "--project", str(root)]
    with subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            found = next(filter(None, map(PORT.search, process.stdout)), None)
            if found is None:
                raise SystemExit("sampleproof serve did not start")
            bundle = state_folder(root) / "tls/ca.pem"
            yield Served(pid=process.pid, port=int(found[1]), bundle=bundle)
        finally:
            process.terminate()
