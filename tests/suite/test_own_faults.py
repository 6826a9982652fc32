"""A fault of the harness is an `error` with its remedy, never a sample's; other cells still run."""

import asyncio
import errno
import os
import resource
import shutil
import signal
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from processes import eventually, is_alive, parent, started_for
from workshop import MINIATURES, Workshop, copy_project, own_cache

from harness import suite
from harness.gathering import Gathering
from harness.model.problem import HarnessError
from harness.outcome import exit_code
from harness.plugin import SampleError, SampleItem
from harness.record.session import Session
from harness.suite import run_cell


@pytest.fixture
def project_root(tmp_path):
    """A project of miniatures that a test may break."""
    return copy_project(MINIATURES, tmp_path / "project")


@pytest.fixture
def open_shop(project_root, miniatures):
    """Opens the project once it is as the test wants it."""
    shops = []

    def open_it():
        shops.append(Workshop(project_root, miniatures.toolchains))
        return shops[-1]

    yield open_it
    for shop in shops:
        shop.close()


def cells_of(shop, *scenarios):
    return [shop.make(shop.cell("plain", scenario), "asked") for scenario in scenarios]


def is_own_fault(outcome, *words, code=3):
    assert outcome.verdict == "error"
    assert not outcome.findings
    said = f"{outcome.fault.message}\n{outcome.fault.remedy}"
    assert [word for word in words if word not in said] == [], said
    return outcome.fault.exit_code == code


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def once(error, real):
    """Fails with an error the first time, then does what it always did."""
    errors = [error]

    def call(*arguments):
        if errors:
            raise errors.pop()
        return real(*arguments)

    return call


def test_a_refused_port(open_shop, monkeypatch):
    shop = open_shop()
    shop.stage.unsealed = "so that the port is opened here"
    cells = cells_of(shop, "question", "choices")
    before = open_files()
    refused = OSError(errno.EADDRINUSE, "Address already in use")
    monkeypatch.setattr(socket.socket, "bind", once(refused, socket.socket.bind))
    first, second = shop.run(cells)
    assert is_own_fault(first, "127.0.0.1", "Address already in use", "loopback")
    assert second.verdict == "pass"
    assert exit_code([first, second], []) == 3
    assert open_files() == before


def test_no_pseudo_terminals(open_shop, monkeypatch):
    shop = open_shop()
    cells = cells_of(shop, "question", "choices")
    before = open_files()
    missing = OSError(errno.ENOENT, "No such file or directory")
    monkeypatch.setattr(os, "openpty", once(missing, os.openpty))
    first, second = shop.run(cells)
    assert is_own_fault(first, "pseudo-terminal", "/dev/pts")
    assert second.verdict == "pass"
    assert open_files() == before


@pytest.mark.parametrize("more", range(4))
def test_a_system_that_opens_no_more_files(open_shop, more):
    shop = open_shop()
    first, second = cells_of(shop, "question", "choices")
    before = open_files()

    async def run():
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files() - 1 + more, hard))
        try:
            outcome = await run_cell(first, shop.stage)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return outcome, await run_cell(second, shop.stage)

    outcome, other = asyncio.run(run())
    assert is_own_fault(outcome, "Too many open files", "-j 1")
    assert other.verdict == "pass"
    assert open_files() == before


class UnforeseenError(Exception):
    """Nothing in the harness knows it."""


@pytest.mark.parametrize("what", ["observe", "judge"])
def test_whatever_is_raised_is_that_cells_error(open_shop, monkeypatch, what):
    shop = open_shop()
    cells = cells_of(shop, "question", "choices")
    odd = UnforeseenError("one\ntwo \ud83d" + "x" * 1000)
    monkeypatch.setattr(suite, what, once(odd, getattr(suite, what)))
    # Whichever of them has met it.
    first, second = sorted(shop.run(cells), key=lambda one: one.verdict)
    assert is_own_fault(first, "UnforeseenError", "harness/suite.py:", "please report this")
    assert len(first.fault.message.encode()) < 500
    assert "\n" not in first.fault.message
    assert second.verdict == "pass"
    assert exit_code([first, second], []) == 3


class Told:
    """Hears of outcomes; of some it cannot."""

    def __init__(self, deaf=()):
        self.deaf = deaf
        self.outcomes = {}

    def begun(self, cell):
        pass

    def outcome(self, one):
        if one.cell.scenario.name in self.deaf:
            raise UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")
        self.outcomes[one.cell.scenario.name] = one.verdict

    def parity(self, one):
        pass


def told_of(shop, cells, audience, **options):
    gathering = Gathering(cells, audience)
    asyncio.run(suite.run_suite(cells, shop.stage, gathering, jobs=1, **options))


def test_what_a_worker_raises_ends_no_other_sample(open_shop):
    shop = open_shop()
    cells = cells_of(shop, "question", "choices", "denied")
    audience = Told()

    async def run(cell, stage, damage):
        if cell.scenario.name == "question":
            raise UnforeseenError
        return await run_cell(cell, stage, damage)

    told_of(shop, cells, audience, run=run)
    assert audience.outcomes == {"question": "error", "choices": "pass", "denied": "pass"}


def test_an_outcome_that_cannot_be_told_keeps_back_no_other(open_shop):
    shop = open_shop()
    cells = cells_of(shop, "question", "choices", "denied")
    audience = Told({"question"})
    with pytest.raises(
        HarnessError, match=r"plain/question.* could not be told: UnicodeEncodeError"
    ):
        told_of(shop, cells, audience)
    assert audience.outcomes == {"choices": "pass", "denied": "pass"}


def test_what_is_raised_while_one_is_recorded_ends_no_other(open_shop, capsys):
    class Failing:
        async def record(self, cell, stage):
            raise UnforeseenError("unheard of")

    shop = open_shop()
    target = SimpleNamespace(endpoint=SimpleNamespace(title="the endpoint"))
    values = dict.fromkeys(("root", "project", "endpoint", "shelf"))
    session = Session(
        **values,
        target=target,
        recorder=Failing(),
        accept=False,
        keep_failed=False,
        seal=True,
        typed=str,
        starter=None,
    )
    assert asyncio.run(session._one(shop.cell("plain", "question"), shop.stage)) == 3
    said = capsys.readouterr().err
    assert "UnforeseenError at tests" not in said
    assert "UnforeseenError at harness/record/session.py:" in said
    assert "please report this" in said


def test_what_is_raised_in_an_item_of_pytest_is_told_in_short():
    class Failing:
        def outcome(self, cell):
            raise UnforeseenError("unheard of")

    item = SimpleNamespace(background=Failing(), cell=None)
    with pytest.raises(SampleError, match=r"UnforeseenError at harness/plugin.py:\d+: unheard of"):
        SampleItem.runtest(item)


def test_a_damaged_recording_ends_with_2(project_root, open_shop):
    path = project_root / "samples/recordings/question.yaml"
    path.write_text(path.read_text().replace("capital of France", "capital of france"))
    shop = open_shop()
    first, second = shop.run(cells_of(shop, "question", "choices"))
    assert is_own_fault(first, "recordings/question.yaml:", "damaged", "git checkout", code=2)
    assert second.verdict == "pass"
    assert exit_code([first, second], []) == 2


def test_a_missing_recording_ends_with_2(project_root, open_shop):
    (project_root / "samples/recordings/question.yaml").unlink()
    shop = open_shop()
    first, second = shop.run(cells_of(shop, "question", "choices"))
    assert is_own_fault(first, "samples/recordings/question.yaml", "missing", code=2)
    assert second.verdict == "pass"


def test_a_missing_sample_ends_with_2(open_shop):
    shop = open_shop()
    (first,) = shop.run([shop.cell("plain", "question")])
    assert is_own_fault(first, "samples/plain/question.py", "sampleproof render", code=2)


def test_a_program_that_is_gone(open_shop, project_root):
    shop = open_shop()
    gone = shop.cell("plain", "question")
    ready = shop.toolchains["plain"]
    words = {**ready.words, "python": str(project_root / "gone/python")}
    shop.stage._toolchains = {
        **shop.toolchains,
        "plain": type(ready)(**{**_fields(ready), "words": words}),
    }
    first, second = shop.run(
        [shop.make(gone, "asked"), shop.make(shop.cell("keeping", "question"), "asked")]
    )
    assert is_own_fault(first, "gone/python", "No such file", "sampleproof doctor")
    assert second.verdict == "pass"


def _fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_a_starter_that_was_killed_before_a_run(open_shop):
    shop = open_shop()
    shop.stage.launcher.kill()
    before = open_files()
    for outcome in shop.run(cells_of(shop, "question", "choices")):
        assert is_own_fault(outcome, "the starter is gone", "run the command again")
    assert open_files() == before


@pytest.mark.parametrize("victim", ["starter", "warden"])
def test_a_process_of_ours_that_is_killed_during_a_run(open_shop, victim):
    shop = open_shop()
    slow = shop.make(shop.cell("plain", "question"), "slow")
    path = shop.root / slow.path
    path.write_text("import time\ntime.sleep(60)\n")

    async def run():
        task = asyncio.create_task(run_cell(slow, shop.stage))
        await asyncio.to_thread(eventually, lambda: started_for(path))
        pids = list(started_for(path))
        os.kill(
            {"starter": shop.stage.launcher.pid, "warden": parent(pids[0])}[victim], signal.SIGKILL
        )
        return await task, pids

    outcome, pids = asyncio.run(asyncio.wait_for(run(), 20))
    assert is_own_fault(outcome, "could not be", "sampleproof doctor")
    assert eventually(lambda: not any(map(is_alive, pids)))
    if victim == "warden":
        (other,) = shop.run(cells_of(shop, "choices"))
        assert other.verdict == "pass"


@pytest.fixture
def machine_without_node(toolchains, tmp_path, monkeypatch):
    """A PATH with no Node on it, and no way to install one."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "curl", "env", "python3", "sh"):
        (programs / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    own = {name: one for name, one in toolchains.items() if name != "javascript"}
    monkeypatch.setenv("SAMPLEPROOF_CACHE_DIR", str(own_cache(tmp_path / "own", own)))


@pytest.mark.usefixtures("machine_without_node")
def test_node_that_is_gone(request, tmp_path):
    clone = Path(request.config.rootpath)
    root = copy_project(clone, tmp_path / "real")
    shop = Workshop(root)
    try:
        outcomes = shop.run([shop.cell(name, "basic") for name in ("curl", "javascript", "python")])
    finally:
        shop.close()
    assert [one.verdict for one in outcomes] == ["pass", "error", "pass"]
    assert is_own_fault(outcomes[1], "Node", "network")
    assert exit_code(outcomes, []) == 3
