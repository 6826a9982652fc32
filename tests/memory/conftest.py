"""A project whose files a test may change."""

import shutil

import pytest

from harness.toolchain.ready import Ready


@pytest.fixture
def place(root, tmp_path):
    """A copy of this clone's samples."""
    ignored = shutil.ignore_patterns("node_modules", "__pycache__")
    shutil.copytree(root / "samples", tmp_path / "samples", ignore=ignored)
    return tmp_path


@pytest.fixture
def toolchains(project):
    """Toolchains that need not be there."""
    return {name: Ready(words={}, digest=f"{name}-1") for name in project.clients}
