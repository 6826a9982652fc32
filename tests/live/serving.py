"""Starts `sampleproof serve`, and tells when it is ready."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class Serving:
    """`sampleproof serve`, started as a user would."""

    def __init__(self, process, lines):
        self.process = process
        self.lines = lines
        self.url = next(line for line in lines if "HTTPS_PROXY" in line).split("'")[1]

    def stop(self):
        """Ctrl-C; gives the exit code and what was logged."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said


@contextmanager
def served(*arguments, **variables):
    names = ("PATH", "HOME", "SSL_CERT_FILE")
    environment = {name: os.environ[name] for name in names if name in os.environ} | variables
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "serve", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = []
        while not lines or "base URL" not in lines[-1]:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            lines.append(line.rstrip("\n"))
        yield Serving(process, lines)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
