"""What is written for a project goes nowhere else, wherever its links lead."""

from __future__ import annotations

import os
import re

import pytest

from harness.model.problem import InvalidError
from harness.model.project import open_project
from harness.pages import receipt
from harness.render.stale import write
from harness.render.written import FILE


@pytest.mark.parametrize("file", ["samples/curl/basic.sh", FILE, "samples/receipts.json"])
def test_nothing_generated_is_read_or_written_through_a_link_out(copy, tmp_path_factory, file):
    own = tmp_path_factory.mktemp("home") / "own"
    own.write_text("the user's own")
    cells = list(open_project(copy).cells())
    (copy / file).unlink(missing_ok=True)
    (copy / file).symlink_to(own)
    with pytest.raises(InvalidError, match=re.escape(f"{file}: cannot be read: this leads out of")):
        receipt.save(copy, {}) if file == receipt.FILE else write(copy, cells, force=True)
    assert own.read_text() == "the user's own"
    assert os.listdir(own.parent) == ["own"]  # noqa: PTH208


@pytest.mark.parametrize(
    "file",
    [
        *("samples/catalog.yaml", "samples/scenarios/basic.yaml", "samples/operations/chat.yaml"),
        *("samples/curl/client.yaml", "samples/curl/sample.sh.j2"),
    ],
)
def test_nothing_of_a_project_is_read_through_a_link_out(copy, tmp_path_factory, file):
    own = tmp_path_factory.mktemp("home") / "own"
    own.write_text("secret: [the user's own")
    (copy / file).unlink()
    (copy / file).symlink_to(own)
    with pytest.raises(InvalidError, match="this leads out of") as found:
        open_project(copy)
    assert "secret" not in str(found.value)


@pytest.mark.parametrize("folder", ["samples/scenarios", "samples/operations", "samples/curl"])
def test_no_folder_of_a_project_is_looked_into_elsewhere(copy, tmp_path_factory, folder):
    own = (copy / folder).rename(tmp_path_factory.mktemp("home") / "own")
    (own / "hidden.yaml").touch()
    (copy / folder).symlink_to(own)
    with pytest.raises(InvalidError, match="cannot be looked into: this leads out of") as found:
        open_project(copy)
    assert "hidden" not in str(found.value)
