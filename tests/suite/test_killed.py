"""A harness that is killed takes all it started with it; one that is asked to end says what it found."""

import fcntl
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from processes import eventually, started_for
from workshop import MINIATURES, call, command, copy_project

from harness.model.problem import InvalidError
from harness.report import ndjson
from harness.toolchain.cache import state_folder

TIMES = int(os.environ.get("SAMPLEPROOF_SOAK", "5"))

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        sleep(600)
    os._exit(0)
sleep(600)
"""


@pytest.fixture(scope="module")
def project(miniatures, tmp_path_factory):
    """Miniatures, one of which has left a daemon behind and hangs."""
    target = tmp_path_factory.mktemp("killed") / "project"
    copied = copy_project(MINIATURES, target)
    shutil.copy(copied / "samples/scenarios/question.yaml", copied / "samples/scenarios/slow.yaml")
    recording = (copied / "samples/recordings/question.yaml").read_text()
    (copied / "samples/recordings/slow.yaml").write_text(
        recording.replace("scenario: question", "scenario: slow")
    )
    code, _, said = call("render", project=copied)
    assert code == 0, said
    slow = copied / "samples/plain/slow.py"
    slow.write_text(slow.read_text() + DAEMON)
    return copied


def daemon_is_there(project):
    return sum("slow.py" in words for words in started_for(project).values()) > 1


@pytest.mark.parametrize("turn", range(TIMES))
def test_nothing_is_left_of_a_harness_that_is_killed(project, tmp_path, turn):
    earlier = tmp_path / ndjson.NAME
    earlier.write_text("a whole report\n")
    with command(
        "run", "plain", "keeping", "--no-cache", "-j", 4, "--report", tmp_path, project=project
    ) as process:
        if turn % 2:
            # Once the daemon is there, which no signal to the sample's group would reach.
            assert eventually(lambda: daemon_is_there(project))
        else:
            time.sleep(random.Random(turn).uniform(0.1, 1.5))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
    assert process.returncode == -signal.SIGKILL
    assert eventually(lambda: not started_for(project)), started_for(project)
    assert earlier.read_text() == "a whole report\n"


def test_what_a_killed_harness_leaves_on_disk_is_swept(project, tmp_path):
    runs = state_folder(project) / "runs"
    assert any(path.is_dir() for path in runs.iterdir())  # of the kills above
    code, output, said = call(
        "run", "plain/question", "--no-cache", "--report", tmp_path, project=project
    )
    assert code == 0, output + said
    assert [path.name for path in runs.iterdir()] == ["lock"]


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("to", ["harness", "group"])
def test_a_run_that_is_asked_to_end_ends_what_it_started_and_tells_what_it_found(
    project, tmp_path, number, to
):
    (tmp_path / ndjson.NAME).write_text("of another run\n")
    (tmp_path / "junit.xml").write_text("of another run\n")
    with asked(project, tmp_path) as process:
        shown = process.stdout.readline()
        assert shown.startswith("plain/question  pass")
        assert eventually(lambda: daemon_is_there(project))
        if to == "group":
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        shown, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    told = f"stopped by {number.name}: 1 of 2 samples have run; the report is incomplete"
    assert said.strip() == told
    assert "2 samples: 1 pass, 1 not run" in shown
    assert eventually(lambda: not started_for(project)), started_for(project)
    assert [path.name for path in tmp_path.iterdir()] == [ndjson.NAME]
    lines = [json.loads(line) for line in (tmp_path / ndjson.NAME).read_text().splitlines()]
    assert [line.get("id", line["type"]) for line in lines] == [
        "report",
        "plain/question",
        "parity",
    ]
    with pytest.raises(InvalidError, match="incomplete: it has no footer"):
        ndjson.read(tmp_path / ndjson.NAME)


def test_whoever_asks_twice_does_not_wait(project, tmp_path):
    with asked(project, tmp_path) as process:
        assert eventually(lambda: daemon_is_there(project))
        process.send_signal(signal.SIGSTOP)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
            process.send_signal(number)  # both are there before the first can be answered
        process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert eventually(lambda: not started_for(project)), started_for(project)
    assert not (tmp_path / ndjson.NAME).exists()


def test_what_is_ignored_when_a_run_begins_does_not_end_it(project, tmp_path):
    with asked(project, tmp_path, "--timeout", 3, ignored=[signal.SIGHUP]) as process:
        assert eventually(lambda: daemon_is_there(project))
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=30)
    assert process.returncode == 1
    assert ndjson.read(tmp_path / ndjson.NAME)[-1]["type"] == "footer"


@pytest.mark.parametrize("how", ["key", "hangup"])
def test_a_terminal_ends_a_run_by_a_key_and_by_going_away(project, tmp_path, how):
    terminal, other = os.openpty()
    with asked(project, tmp_path, terminal=other) as process:
        os.close(other)
        shown = until(terminal, b"1/2")
        assert eventually(lambda: daemon_is_there(project))
        if how == "key":
            os.write(terminal, b"\x03")
            shown += until(terminal, b"the report is incomplete")
            assert b"stopped by SIGINT: 1 of 2 samples have run" in shown
            assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l"), "the cursor is back"
        else:
            os.close(terminal)
        process.wait(timeout=20)
    assert process.returncode == {"key": 130, "hangup": 129}[how]
    assert eventually(lambda: not started_for(project)), started_for(project)
    assert b'"footer"' not in (tmp_path / ndjson.NAME).read_bytes()
    assert b"plain/question" in (tmp_path / ndjson.NAME).read_bytes()


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_what_was_asked_to_end_before_anything_ran_says_so(project, tmp_path, number):
    with asked(project, tmp_path) as process:
        time.sleep(0.2)  # it is still being imported, or has begun
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode in {128 + number, -number}
    assert "Traceback" not in said


def asked(project, report, *options, terminal=None, ignored=()):
    """A run of two samples, of which one ends at once and the other never."""

    def prepare():
        os.setsid()
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
        if terminal is not None:
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)

    words = ["run", "plain/question", "plain/slow", "-j", "2", "--no-cache", *options]
    words += ["--report", report, "--project", project]
    return subprocess.Popen(
        [sys.executable, "-m", "harness", *map(str, words)],
        cwd=Path(__file__).parents[2],
        env=dict(os.environ, TERM="xterm"),
        stdin=subprocess.DEVNULL,
        stdout=terminal if terminal is not None else subprocess.PIPE,
        stderr=terminal if terminal is not None else subprocess.PIPE,
        text=True,
        preexec_fn=prepare,  # noqa: PLW1509
    )


def until(terminal, text, timeout_s=20):
    """What a terminal shows, up to a text."""
    shown, deadline = b"", time.monotonic() + timeout_s
    while text not in shown:
        assert select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0], shown
        shown += os.read(terminal, 65536)
    return shown


@pytest.mark.parametrize("words", [("record", "--endpoint"), ("run", "--live")], ids=" ".join)
@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_call_that_waits_for_an_endpoint_is_ended_too(project, tmp_path, words, number):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
        report = ["--report", tmp_path] if words[0] == "run" else []
        with command(*words, url, "plain/question", *report, project=project) as process:
            connection, _ = deaf.accept()
            process.send_signal(number)
            _, said = process.communicate(timeout=20)
        connection.close()
    assert process.returncode == 128 + number
    assert said.strip().splitlines()[-1].startswith(f"stopped by {number.name}")
    assert "Traceback" not in said
    assert eventually(lambda: not started_for(project)), started_for(project)


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_gateway_by_itself_ends_as_it_is_meant_to(project, number):
    with command("serve", project=project) as process:
        assert process.stdout.readline()
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    (last,) = said.splitlines()
    assert last.startswith("A shell that read those lines goes nowhere now")


def test_a_gateway_does_not_depend_on_who_reads_its_lines(project):
    with command("serve", project=project) as process:
        assert process.stdout.readline()
        process.stdout.close()
        process.stderr.close()
        time.sleep(0.2)
        assert process.poll() is None
        process.terminate()
        process.wait(timeout=20)
    assert process.returncode == 0
