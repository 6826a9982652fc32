"""A sample that is forked gives the same report as one in a process of its own."""

import pytest
from workshop import (
    MINIATURES,
    Workshop,
    answered,
    call,
    copy_project,
    errors,
    variants,
    without_run,
)

from harness.report import line, ndjson
from harness.report.session import Session
from harness.runner import boot, fitness
from harness.runner.boot import can_fork

ISOLATIONS = ["fork", "process"]
WRONG = [one for one in variants(MINIATURES / "real.yaml") if one.client == "python"]


def test_the_whole_matrix_gives_the_same_report(root, whole_project, tmp_path):
    copied = copy_project(root, tmp_path / "project")
    reports = []
    for isolation in ISOLATIONS:
        options = ("--model", "all", "--no-cache", "--isolation", isolation, "--report", tmp_path)
        code, _, said = call("run", *options, project=copied)
        assert code == 0, said
        reports.append(ndjson.read(tmp_path / ndjson.NAME))
    forked, apart = reports
    whole = {cell.id for cell in whole_project.cells(whole_project.catalog.models)}
    assert {one["id"] for one in forked if one["type"] == "cell"} == whole
    assert without_run(forked) == without_run(apart)


@pytest.fixture(scope="module")
def shops(root, toolchains, tmp_path_factory):
    """Two in the same folder, since a traceback names it."""
    copied = copy_project(root, tmp_path_factory.mktemp("forks") / "project")
    opened = [Workshop(copied, toolchains, isolation=isolation) for isolation in ISOLATIONS]
    yield opened
    for shop in opened:
        shop.close()


def test_mistakes_give_the_same_report(shops):
    assert len(WRONG) > 4
    forked, apart = (
        {
            name: without_run([line.cell(one.outcome, {}), line.parity(one.parity)])
            for name, one in shop.judge(WRONG, "curl").items()
        }
        for shop in shops
    )
    assert can_fork(shops[0].project.clients["python"])
    assert forked.keys() == {one.name for one in WRONG}
    for name, lines in forked.items():
        assert lines == apart[name], name


def test_errors_give_the_same_report(shops):
    found = []
    for shop in shops:
        cells = [answered(shop.cell("python", "basic"), error) for error in errors().values()]
        found.append(without_run(line.cell(one, {}) for one in shop.run(cells)))
    forked, apart = found
    assert len(forked) == len(errors())
    assert forked == apart


class Remembers:
    """A memory that holds the samples of some clients."""

    def __init__(self, clients):
        self.clients = clients

    def holds(self, cells):
        return all(cell.client.name in self.clients for cell in cells)


@pytest.mark.parametrize(
    ("isolation", "unfit", "remembered", "booted"),
    [
        ("fork", "", set(), ["python"]),
        ("fork", "", {"curl", "javascript"}, ["python"]),
        ("fork", "", {"python"}, []),
        ("fork", "importing it prints", set(), []),
        ("fork", None, set(), []),
        ("process", "", set(), []),
    ],
)
def test_what_forks_is_started_ahead_where_a_sample_is_to_run(
    isolation, unfit, remembered, booted, root, project, toolchains, tmp_path, monkeypatch
):
    monkeypatch.setattr(boot, "boot_for", lambda client, *_: client.name)
    session = Session(
        root=root,
        project=project,
        report=tmp_path,
        jobs=1,
        limit_s=1,
        seal="off",
        isolation=isolation,
        rerun=str,
        typed=str,
        cache=True,
    )
    session.toolchains, session._memory = toolchains, Remembers(remembered)
    session._state = tmp_path
    if unfit is not None:
        ready = toolchains["python"]
        fitness.remember(tmp_path, project.clients["python"], ready, fitness.Fitness(unfit))
    forking = {}
    session._boot_forking(list(project.cells()), forking)
    assert list(forking) == booted
