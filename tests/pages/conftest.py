"""A project of one's own to publish, with receipts that nothing had to run for."""

import shutil

import pytest
from press import report_of

from harness.pages import receipt


@pytest.fixture
def copy(root, tmp_path):
    """The clone's samples and docs."""
    ignored = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in ("samples", "docs"):
        if (root / name).is_dir():
            shutil.copytree(root / name, tmp_path / name, ignore=ignored)
    return tmp_path


@pytest.fixture
def proven(copy):
    """A project whose samples all have a receipt."""
    receipt.save(copy, receipt.collect(report_of(copy), "report", {}))
    return copy
