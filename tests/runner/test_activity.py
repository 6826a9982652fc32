"""A run that works is told apart from one that waits."""

import subprocess
import sys
import time

from harness.runner.activity import footprint


def test_work_and_waiting_are_told_apart():
    busy = [sys.executable, "-c", "while True: pass"]
    idle = ["/bin/sh", "-c", "sleep 1000; true"]
    with (
        subprocess.Popen(busy) as working,
        subprocess.Popen(idle, start_new_session=True) as waiting,
    ):
        time.sleep(0.5)
        at_work, before = footprint(working.pid)
        time.sleep(0.3)
        assert at_work
        assert footprint(working.pid)[1] > before
        one, other = footprint(waiting.pid), footprint(waiting.pid)
        assert one == other
        assert not one[0]
        working.kill()
        subprocess.run(["/usr/bin/env", "pkill", "-P", str(waiting.pid)], check=False)


def test_a_process_that_is_gone_waits():
    assert footprint(2**22 + 1) == (False, 0)
