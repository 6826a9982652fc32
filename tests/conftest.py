"""What many tests share."""

import os
import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from harness.model.project import open_project
from harness.pages import receipt
from harness.toolchain import cache

ROOT = Path(__file__).parent.parent

# Never the user's, and one for all tests, so that what samples need is installed once.
CACHE = os.environ.setdefault("SAMPLEPROOF_TESTS_CACHE", str(ROOT / "build/test-cache"))
os.environ["SAMPLEPROOF_CACHE_DIR"] = CACHE

# Looking at the site takes a browser, and the site: `make site-check`.
collect_ignore = [] if "SITE_BROWSER" in os.environ else ["browser"]


def pytest_sessionstart():
    """Earlier tests' projects are gone, and so may be what was kept for them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        cache.forget_gone()


@pytest.fixture(scope="session")
def root():
    """The project's root: this clone."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def called_by_name():
    """Messages of calls in this process name commands as where the program is on PATH."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sampleproof"])
        yield


FIRST_CLIENTS = ("curl", "javascript", "python")
FIRST_SCENARIOS = ("basic", "multi_turn", "streaming")


@pytest.fixture(scope="session")
def copy_first_samples(root):
    """Copies the clients and scenarios there have always been, and nothing that was added."""
    later = {path.parent.name for path in root.glob("samples/*/client.yaml")} - {*FIRST_CLIENTS}
    added = {path.stem for path in root.glob("samples/scenarios/*")} - {*FIRST_SCENARIOS}
    unwanted = {*later, "__pycache__"}

    def ignored(_, names):
        return [one for one in names if one in unwanted or one.partition(".")[0] in added]

    def copy(target):
        shutil.copytree(root / "samples", target / "samples", symlinks=True, ignore=ignored)
        first = {f"{client}/{name}" for client in FIRST_CLIENTS for name in FIRST_SCENARIOS}
        receipts = receipt.load(target).by_cell
        receipt.save(target, {name: one for name, one in receipts.items() if name in first})
        return target

    return copy


@pytest.fixture(scope="session")
def first_samples(copy_first_samples, tmp_path_factory):
    """A project of those alone."""
    return copy_first_samples(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="session")
def whole_project(root):
    """This clone's samples, read: all that there are."""
    return open_project(root)


@pytest.fixture(scope="session")
def project(whole_project):
    """The clients and scenarios there have always been: more of them must break no test."""
    clients = {name: whole_project.clients[name] for name in FIRST_CLIENTS}
    scenarios = {name: whole_project.scenarios[name] for name in FIRST_SCENARIOS}
    return msgspec.structs.replace(whole_project, clients=clients, scenarios=scenarios)
