"""A project whose every file is a trap: nothing of the user's is read, changed or sent.

Each trap is tried by itself with every command that could fall into it, and then all at once, as the
user who runs the tests and, where that is root, as an ordinary one too.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from traps import SECRET, TRAPS, World, repository_that_runs
from witness import Collector, Witness

PROGRAM = Path(sys.executable).with_name("sampleproof")
COMMANDS = (
    ("doctor",),
    ("list",),
    ("check",),
    ("render", "--check"),
    ("render", "--force"),
    ("run",),
    ("run", "--live", "openai"),
    ("docs", "check"),
    ("docs", "receipts"),
    ("docs", "quickstart"),
    ("docs", "inject"),
    ("record", "import", "tape.har", "--format", "har", "--scenario", "basic"),
    ("record", "curl/basic", "--endpoint", "openai"),
    ("serve",),
    ("cache", "clear"),
)
SECONDS = 60
EXITS = {0, 1, 2, 3, 4}
ORDINARY = 65534


class Case:
    """A project with traps in it, a user with secrets, and what sees whether they are touched."""

    def __init__(self, folder, copy_first_samples, traps, user):
        self.user = user
        # The tests' own is another user's then.
        self.cache = str(folder / "cache") if user else os.environ["SAMPLEPROOF_CACHE_DIR"]
        self.traps = traps
        self.collector = Collector()
        self.world = world = World(
            project=folder / "project",
            home=folder / "home",
            ran=folder / "ran",
            port=self.collector.port,
        )
        copy_first_samples(world.project)
        self._furnish(world)
        subprocess.run(["git", "init", "--quiet"], cwd=world.project, check=True)
        for trap in sorted(traps, key=lambda trap: trap.lay is repository_that_runs):
            if trap.lay is repository_that_runs:  # or it would run here
                self._commit(world)
            trap.lay(world)
        if not any(trap.lay is repository_that_runs for trap in traps):
            self._commit(world)
        if user is not None:
            for path in (folder, *folder.rglob("*")):
                os.lchown(path, user, user)
        self.witness = Witness(world.home)

    def _commit(self, world):
        add = ["git", "add", "--all", "--ignore-errors", ":!*huge.bin"]
        subprocess.run(add, cwd=world.project, check=False, capture_output=True)

    def _furnish(self, world):
        """A user's own files, each with a secret in it."""
        for name in (".bashrc", ".netrc", "notes.md", ".ssh/id_ed25519", "Documents/letter.txt"):
            path = world.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"<!-- sampleproof: basic --> {SECRET}\n")
            os.utime(path, (0, 0))  # old enough to be swept by whoever sweeps
        (world.home / "Documents/results").mkdir()
        (world.home / "Documents/runs").mkdir()
        world.ran.mkdir(mode=0o777)
        world.ran.chmod(0o777)

    def call(self, *words):
        """A command as the user types it, in the project; one that goes on is interrupted."""
        world = self.world
        with subprocess.Popen(
            [PROGRAM, *words],
            cwd=world.project,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(world.home),
                "LANG": "C.UTF-8",
                "OPENAI_API_KEY": SECRET,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "SAMPLEPROOF_CACHE_DIR": self.cache,
            },
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            begun = process.stdout.readline() if words == ("serve",) else b""
            if begun:
                process.send_signal(signal.SIGINT)
            said = begun + b"".join(process.communicate(timeout=SECONDS))
        return process.returncode, said

    def untouched(self, words):
        """That nothing of the user's was read, changed or sent, and nothing of theirs has run."""
        seen = {
            "read": self.witness.read(),
            "changed": self.witness.changed(),
            "sent": self.collector.came,
            "run": [path.name for path in self.world.ran.iterdir()],
        }
        assert not {what: which for what, which in seen.items() if which}, words

    def close(self):
        self.witness.close()
        self.collector.close()


def others_can_run():
    """Whether root runs these tests, with a Python that others can use too."""
    return (
        os.geteuid() == 0
        and not subprocess.run(
            ["/bin/sh", "-c", f"test -x {PROGRAM} && test -x {Path(sys.executable).resolve()}"],
            user=ORDINARY,
            group=ORDINARY,
            extra_groups=[],
            check=False,
        ).returncode
    )


@pytest.fixture
def case(tmp_path, copy_first_samples, request):
    made = []

    def make(traps, user=None):
        folder = tmp_path
        if user is not None:  # others cannot reach into the folders above that one
            folder = Path(tempfile.mkdtemp(prefix="hostile-"))
            request.addfinalizer(lambda: shutil.rmtree(folder))
        made.append(Case(folder, copy_first_samples, traps, user))
        return made[-1]

    yield make
    for one in made:
        one.close()


REFUSED = [trap for trap in TRAPS if trap.said]
SILENT = [trap for trap in TRAPS if not trap.said]


@pytest.mark.parametrize("trap", REFUSED, ids=lambda trap: trap.name)
def test_a_trap_is_said(case, trap):
    made = case([trap])
    code, said = made.call(*trap.by)
    assert code in EXITS - {0}, said
    assert trap.said in plain(trap.by, code, said)
    made.untouched(trap.by)


@pytest.mark.parametrize(
    ("traps", "user"),
    [
        pytest.param(SILENT, None, id="those that must have no effect"),
        pytest.param(REFUSED, None, id="those that are refused"),
        pytest.param(
            TRAPS,
            ORDINARY,
            id="all, as an ordinary user",
            marks=pytest.mark.skipif(not others_can_run(), reason="this Python is root's alone"),
        ),
    ],
)
def test_nothing_of_the_users_is_read_changed_or_sent(case, traps, user):
    made = case(traps, user)
    for words in COMMANDS:
        plain(words, *made.call(*words))
        made.untouched(words)


def plain(words, code, said):
    """What a command has said, which only says."""
    assert code in EXITS, (words, said)
    assert b"Traceback" not in said, (words, said)
    assert b"fault in sampleproof" not in said, (words, said)
    assert SECRET.encode() not in said, (words, said)
    assert not {*said} & {0x1B, 0x07, 0x0D}, (words, said)
    assert b"\n::" not in said, (words, said)
    return said.decode()
