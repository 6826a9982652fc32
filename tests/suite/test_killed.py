"""A harness that is killed takes all it started with it, and leaves no half report."""

import os
import random
import shutil
import signal
import time

import pytest
from processes import eventually, started_for
from workshop import MINIATURES, call, command, copy_project

from harness.report import ndjson

TIMES = int(os.environ.get("SAMPLEPROOF_SOAK", "5"))

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
    copied = copy_project(MINIATURES, target, miniatures.stage.state)
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
    runs = project / ".harness/runs"
    assert any(path.is_dir() for path in runs.iterdir())  # of the kills above
    code, output, said = call(
        "run", "plain/question", "--no-cache", "--report", tmp_path, project=project
    )
    assert code == 0, output + said
    assert [path.name for path in runs.iterdir()] == ["lock"]


def test_a_run_that_is_interrupted_ends_what_it_started(project, tmp_path):
    with command("run", "plain/slow", "--report", tmp_path, project=project) as process:
        assert eventually(lambda: daemon_is_there(project))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert eventually(lambda: not started_for(project)), started_for(project)
    assert list(tmp_path.iterdir()) == []
