"""Runs the command as a user would: once, or for as long as it serves."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

FIRST = ("*/basic", "*/multi_turn", "*/streaming")
"""The scenarios that an endpoint of the tests knows; a project may have more."""


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
    names = ("PATH", "HOME", "SSL_CERT_FILE", "SAMPLEPROOF_CACHE_DIR")
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


def copied(root, target):
    """The clone's samples in another place, with no state."""
    shutil.copytree(root / "samples", target / "samples", symlinks=True)
    return target


def run(report, *arguments, verb="run", **variables):
    """`sampleproof run`: what it printed, and the lines of its report."""
    names = ("PATH", "HOME", "SAMPLEPROOF_CACHE_DIR")
    arguments = ("--report", report, *arguments) if verb == "run" else arguments
    done = subprocess.run(
        [sys.executable, "-m", "harness", verb, *arguments],
        cwd=ROOT,
        env={name: os.environ[name] for name in names if name in os.environ} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    path = report / "report.ndjson"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return done, lines


def cells(lines):
    """By id: the cells of a report."""
    return {line["id"]: line for line in lines if line["type"] == "cell"}
