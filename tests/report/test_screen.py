"""What a user sees: plain lines in a pipe, a live table on a terminal, no colour where none is due."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

COMMAND = [sys.executable, "-m", "harness", "run", "curl", "--no-cache"]


def environment(**more):
    names = ("PATH", "HOME", "SAMPLEPROOF_CACHE_DIR")
    return {name: os.environ[name] for name in names} | {"LANG": "C.UTF-8", **more}


def test_a_pipe_gets_plain_lines_of_80_columns(first_samples, tmp_path):
    done = subprocess.run(
        [*COMMAND, "--report", str(tmp_path)],
        cwd=first_samples,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "curl/basic       pass" in done.stdout
    assert "3 samples: 3 pass" in done.stdout
    assert "was retired on" in done.stdout
    assert "2026-07-30" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= max(80, len(str(tmp_path)) + 30)


def on_terminal(first_samples, tmp_path, rows, term="xterm"):
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(first_samples)
        os.execve(sys.executable, [*COMMAND, "--report", str(tmp_path)], environment(TERM=term))
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    output, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline and select.select([screen], [], [], 1)[0] is not None:
        try:
            piece = os.read(screen, 65536)
        except OSError:
            break
        output += piece
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(screen)
    return output.decode()


def test_a_terminal_gets_a_live_table_that_is_gone_at_the_end(first_samples, tmp_path):
    output = on_terminal(first_samples, tmp_path, rows=24)
    assert "running" in output
    assert "3/3" in output
    assert "\x1b[32mpass" in output
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output).rpartition("3/3")[2]
    assert "3 samples: 3 pass" in last
    assert "running" not in last


def test_a_low_terminal_gets_a_bar(first_samples, tmp_path):
    output = on_terminal(first_samples, tmp_path, rows=5)
    assert "running" not in output
    assert "3/3" in output


def test_a_dumb_terminal_gets_plain_lines(first_samples, tmp_path):
    output = on_terminal(first_samples, tmp_path, rows=24, term="dumb")
    assert "running" not in output
    assert "curl/basic" in output
