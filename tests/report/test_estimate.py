"""The time left is told when it can be known, and is about right."""

import heapq
import random

import pytest

from harness.report.estimate import Estimate
from harness.report.words import left
from harness.runner.durations import Durations


class Run:
    """A run of cells that takes no time: the clock is put forward."""

    def __init__(self, cells, durations, jobs):
        self.now = 0.0
        self.cells = cells
        self.jobs = jobs
        self.estimate = Estimate(cells, durations, clock=lambda: self.now)

    def told(self, real):
        """After each cell: how much of the run is over, what was told, and what was true."""
        waiting = iter(self.cells)
        running = []
        moments = []

        def start():
            for cell in waiting:
                self.estimate.begun(cell)
                heapq.heappush(running, (self.now + real[cell.id] / 1000, cell.id, cell))
                return

        for _ in range(self.jobs):
            start()
        while running:
            self.now, _, cell = heapq.heappop(running)
            self.estimate.ended(cell, real[cell.id])
            start()
            moments.append((self.now, self.estimate.left_s()))
        return [(now / self.now, told, self.now - now) for now, told in moments]


COSTS = {"python": 400, "javascript": 300, "curl": 50}


@pytest.fixture
def cells(project):
    return list(project.cells([f"model-{n}" for n in range(60)]))


@pytest.fixture
def real(cells):
    chance = random.Random(3)
    return {cell.id: COSTS[cell.client.name] * chance.uniform(0.7, 1.3) for cell in cells}


@pytest.mark.parametrize("known", ["all", "none", "half", "of another machine"])
@pytest.mark.parametrize("jobs", [1, 4])
def test_it_is_about_right_from_a_tenth_on(tmp_path, cells, real, known, jobs):
    durations = Durations(tmp_path)
    part = {"all": cells, "none": [], "half": cells[::2], "of another machine": cells}[known]
    for cell in part:
        durations.took(cell, real[cell.id] * (3 if known == "of another machine" else 1))
    durations.save()
    # The worst order: what takes long comes last.
    cells = sorted(cells, key=lambda cell: cell.client.name)
    for over, told, true in Run(cells, Durations(tmp_path), jobs).told(real):
        enough = over > 0.1 if known != "none" else over > 0.9
        if enough and true > 1:
            assert told == pytest.approx(true, rel=0.25, abs=1), f"{over:.0%}"


def test_nothing_is_told_before_anything_is_known(tmp_path, cells):
    estimate = Estimate(cells, Durations(tmp_path))
    assert estimate.left_s() is None
    for cell in cells[:2]:
        estimate.begun(cell)
        estimate.ended(cell, 100.0)
    assert estimate.left_s() is None


def test_what_is_remembered_counts_for_nothing(tmp_path, cells):
    now = [0.0]
    estimate = Estimate(cells[:8], Durations(tmp_path), clock=lambda: now[0])
    for cell in cells[:4]:
        estimate.ended(cell, None)
    for cell in cells[4:7]:
        estimate.begun(cell)
        now[0] += 10
        estimate.ended(cell, 10_000.0)
    assert estimate.left_s() == pytest.approx(10)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "a few seconds left"),
        (42, "about 40 s left"),
        (200, "about 3 min left"),
        (7300, "about 2.0 h left"),
    ],
)
def test_it_is_told_no_more_exactly_than_it_is_known(seconds, words):
    assert left(seconds) == words
