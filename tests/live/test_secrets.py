"""A reader's key, looked for everywhere after a live run and in every sample while it runs."""

import base64
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from serving import FIRST, ROOT, copied
from upstreams import chunked, events, reply, right, upstream

from harness.model.secret import Secret

KEY = "sk-proj-Qv3nZr8TtW1xYb6LmKp0JcHd5FgSa2Ue9RiOoE4N7"

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/mem").exists(), reason="only Linux shows a process's memory"
)


def descendants(pid):
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found, due = set(), {pid}
    while due:
        due = {child for child, parent in parents.items() if parent in due}
        found |= due
    return found


def memory(pid):
    """All that a process can read of its own, as far as it may be looked at."""
    folder = Path("/proc") / str(pid)
    yield (folder / "environ").read_bytes()
    yield (folder / "cmdline").read_bytes()
    with (folder / "mem").open("rb", buffering=0) as mem:
        for line in (folder / "maps").read_text().splitlines():
            area, rights, *_ = line.split()
            if not rights.startswith("r") or "[v" in line:
                continue
            start, end = (int(part, 16) for part in area.split("-"))
            if end - start > 1 << 28:
                continue  # reserved, not used
            try:
                mem.seek(start)
                yield mem.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue


def holds(pid, text=KEY):
    try:
        return any(text.encode() in piece for piece in memory(pid))
    except OSError:
        return False  # it has ended


class Spy:
    """An endpoint that repeats the key it is sent, and looks into whoever runs meanwhile."""

    def __init__(self):
        self.harness = 0
        self.lock = threading.Lock()
        self.found = []
        self.is_in_harness = self.canary_is_in_sample = False

    def answer(self, request):
        with self.lock:
            for pid in descendants(self.harness):
                name = Path("/proc") / str(pid) / "comm"
                if holds(pid):
                    self.found.append(name.read_text())
                self.canary_is_in_sample = self.canary_is_in_sample or holds(pid, "canary-")
            self.is_in_harness = self.is_in_harness or holds(self.harness)
        key = request["headers"]["authorization"].removeprefix("Bearer ").encode()
        if request["body"].get("stream"):
            spilt = b"data: " + json.dumps({"choices": [], "key": key.decode()}).encode() + b"\n\n"
            yield from chunked([spilt[:30], spilt[30:], *events()])
        else:
            for piece in right(request):
                coded = base64.b64encode(b"user:" + key) + b", " + key.hex().encode()
                spilt = b"\r\nX-Key: " + key + b"\r\nX-Code: " + coded + b"\r\n"
                yield piece.replace(b"\r\n", spilt, 1)


def refused(request):
    key = request["headers"]["authorization"]
    yield reply("401 Unauthorized", {"error": {"code": "bad", "message": f"{key} is no key"}})


def live(project, url, *arguments):
    home = project.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "run", "--live", url, "--project", project, *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            "SAMPLEPROOF_CACHE_DIR": os.environ["SAMPLEPROOF_CACHE_DIR"],
            "SAMPLEPROOF_KEY": KEY,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def written(folder):
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "node_modules" not in path.parts:
            yield path


@pytest.mark.parametrize("isolation", ["process", "fork"])
def test_the_key_is_nowhere_but_in_the_gateway(root, whole_project, tmp_path, isolation):
    project = copied(root, tmp_path / "project")
    spy = Spy()
    with upstream(spy.answer) as endpoint:
        arguments = [*FIRST, "--isolation", isolation, "--report", tmp_path / "report"]
        process = live(project, endpoint.url, *map(str, arguments))
        spy.harness = process.pid
        output, said = process.communicate(timeout=120)
    assert process.returncode == 0, output + said
    assert len(endpoint.requests) == len(FIRST) * len(whole_project.clients)
    assert {one["headers"]["authorization"] for one in endpoint.requests} == {f"Bearer {KEY}"}
    assert spy.is_in_harness, "or looking finds nothing"
    assert spy.canary_is_in_sample, "or nobody has looked into a sample"
    assert spy.found == []
    assert KEY not in output + said
    files = list(written(tmp_path))
    assert tmp_path / "report" / "report.ndjson" in files
    secret = Secret(KEY.encode())
    assert [path for path in files if secret.is_in(path.read_bytes())] == []


def test_an_error_that_repeats_the_key_is_shown_without_it(root, tmp_path):
    project = copied(root, tmp_path / "project")
    with upstream(refused) as endpoint:
        report = str(tmp_path / "report")
        process = live(project, endpoint.url, "--report", report)
        output, said = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "*" * len(KEY) in output
    assert KEY not in output + said
    assert [path for path in written(tmp_path) if KEY.encode() in path.read_bytes()] == []
