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
from harness.runner.boot import can_fork

ISOLATIONS = ["fork", "process"]
WRONG = [one for one in variants(MINIATURES / "real.yaml") if one.client == "python"]


def test_the_whole_matrix_gives_the_same_report(root, tmp_path):
    copied = copy_project(root, tmp_path / "project")
    reports = []
    for isolation in ISOLATIONS:
        options = ("--model", "all", "--no-cache", "--isolation", isolation, "--report", tmp_path)
        code, _, said = call("run", *options, project=copied)
        assert code == 0, said
        reports.append(ndjson.read(tmp_path / ndjson.NAME))
    forked, apart = reports
    assert len([one for one in forked if one["type"] == "cell"]) == 54
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
