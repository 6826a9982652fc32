"""What many tests share."""

from pathlib import Path

import pytest

from harness.model.project import open_project


@pytest.fixture(scope="session")
def root():
    """The project's root: this clone."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def project(root):
    """This clone's samples, read."""
    return open_project(root)
