from contextlib import contextmanager

import pytest
from workshop import MINIATURES, Workshop, copy_project

from harness.toolchain.cache import made_state
from harness.toolchain.ready import prepare_all


@pytest.fixture(scope="session")
def toolchains(root, project):
    """What the clone's own samples need; installed now if nobody has run them yet."""
    ready = prepare_all(project.clients.values(), root, made_state(root), print)
    for trouble in ready.values():
        assert not isinstance(trouble, Exception), trouble
    return ready


@contextmanager
def _workshop(root, toolchains=None):
    shop = Workshop(root, toolchains)
    try:
        yield shop
    finally:
        shop.close()


@pytest.fixture(scope="session")
def miniatures(tmp_path_factory):
    """The project of miniatures, in a folder of its own."""
    root = copy_project(MINIATURES, tmp_path_factory.mktemp("miniatures") / "project")
    with _workshop(root) as shop:
        yield shop


@pytest.fixture(scope="session")
def real(root, toolchains, tmp_path_factory):
    """The clone's samples, in a folder of their own."""
    copied = copy_project(root, tmp_path_factory.mktemp("real") / "project")
    with _workshop(copied, toolchains) as shop:
        yield shop
