"""Nothing that a sample says takes long to judge: others wait for it meanwhile."""

import time

import pytest

from harness.checks.judge import judge
from harness.model.recording import ChunkMark, Response

BODY = b'{"error":{"code":"x","message":"no more today"}}'
ERROR = Response(
    status=429,
    reason="Too Many",
    headers=(("content-type", "application/json"),),
    framing="length",
    body=BODY,
    chunks=(ChunkMark(size=len(BODY), after_ms=0),),
)
SAID = {
    "blank lines": b"\n",
    "brackets": b"[",
    "objects": b'{"a":',
    "quotes": b'{"',
    "spaces": b" ",
    "slashes": b"    at /",
    "frames": b"    at a (/node_modules/b.js:1:1)\n",
    "Python's frames": b'  File "/site-packages/a.py", line 1\n',
}
LIMIT_S = 5.0
"""Far more than it takes, and far less than it took."""


@pytest.mark.parametrize("piece", SAID.values(), ids=SAID)
def test_what_is_said_is_judged_at_once(run, piece):
    said = piece * (400_000 // len(piece))
    for response in (None, ERROR):
        evidence = run("python", said=said, code=1, response=response)
        started = time.process_time()
        assert judge(evidence.cell, evidence.observation).verdict == "fail"
        assert time.process_time() - started < LIMIT_S
