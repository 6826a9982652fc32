"""Files are read and written within a root: whatever stands in their place, nothing else is touched."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from harness.model import files
from harness.model.problem import HarnessError, InvalidError

SECRET = b"the user's own"


@pytest.fixture
def root(tmp_path):
    """A project's root, with the user's own file beside it."""
    made = tmp_path / "project"
    (made / "docs").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/own.md").write_bytes(SECRET)
    return made


def inside(folder):
    return sorted(path.name for path in folder.iterdir())


def special(path, kind):
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as one:
                os.chdir(path.parent)  # a socket's path is short
                one.bind(path.name)
        case "device":
            path.symlink_to("/dev/zero")
        case "loop":
            path.symlink_to(path.name)
        case "large":
            with path.open("wb") as file:
                file.truncate(3 << 30)  # takes no room


WAYS = {
    "the last": [("docs/page.md", "../../home/own.md")],
    "absolute": [("docs/page.md", "{home}/own.md")],
    "a folder": [("docs", "../home"), ("home/page.md", "own.md")],
    "by a link within": [("docs/page.md", "way"), ("docs/way", "../../home/own.md")],
    "through a process": [("docs/page.md", "/proc/self/root{home}/own.md")],
}


@pytest.fixture(params=WAYS)
def led_out(request, root, tmp_path):
    """A page that is somebody else's file, by links."""
    for name, target in WAYS[request.param]:
        place = tmp_path / name if name.startswith("home/") else root / name
        if place.is_dir():
            place.rmdir()
        place.symlink_to(target.format(home=tmp_path / "home"))
    return root / "docs/page.md"


def test_nothing_is_read_through_a_link_that_leads_out(led_out, root):
    assert led_out.read_bytes() == SECRET
    with pytest.raises(OSError, match="leads out of") as found:
        files.read(led_out, root)
    assert str(found.value.filename) == str(led_out)


def test_nothing_is_written_through_a_link(led_out, root, tmp_path):
    before = inside(tmp_path / "home")
    for write in (files.replace, files.append):
        with pytest.raises(InvalidError, match="this is a link, to") as found:
            write(led_out, b"theirs", root)
        assert str(found.value).startswith(str(root / "docs"))
    assert (tmp_path / "home/own.md").read_bytes() == SECRET
    assert inside(tmp_path / "home") == before
    assert files.read(tmp_path / "home/own.md", tmp_path) == SECRET


def test_a_link_to_a_plain_file_within_is_read_and_not_written(root):
    (root / "docs/page.md").write_text("page")
    (root / "docs/link.md").symlink_to("page.md")
    (root / "other").symlink_to("docs")
    for path in (root / "docs/link.md", root / "other/page.md", root / "other/link.md"):
        assert files.read(path, root) == b"page"
        with pytest.raises(InvalidError, match="nothing is written through links"):
            files.replace(path, b"", root)
    assert files.names(root / "other", root) == ["link.md", "page.md"]
    assert (root / "docs/page.md").read_text() == "page"


def test_folders_that_lead_out_are_not_looked_into(root, tmp_path):
    (root / "other").symlink_to("../home")
    with pytest.raises(OSError, match="leads out of"):
        files.names(root / "other", root)
    with pytest.raises(
        InvalidError, match=f"other: cannot be looked into: this leads out of {root}"
    ):
        files.listed(root / "other", root)
    with pytest.raises(InvalidError, match="this is a link"):
        files.replace(root / "other/new/page.md", b"", root)
    assert inside(tmp_path / "home") == ["own.md"]


def test_no_path_leads_out_by_its_name(root, tmp_path):
    for path in (
        root / "../home/own.md",
        tmp_path / "home/own.md",
        root / "docs/../../home/own.md",
    ):
        with pytest.raises(OSError, match="is not in"):
            files.read(path, root)
        with pytest.raises(InvalidError, match="is not in"):
            files.replace(path, b"", root)
    assert (tmp_path / "home/own.md").read_bytes() == SECRET


@pytest.mark.parametrize(
    ("kind", "read", "written"),
    [
        ("folder", "this is a folder", "cannot be written: Is a directory"),
        ("pipe", "expected a plain file", "expected a plain file"),
        ("socket", "expected a plain file", "expected a plain file"),
        ("device", "leads out of", "this is a link, to /dev/zero"),
        ("loop", "Too many levels", "this is a link, to page.md"),
        ("large", "at most", ""),
    ],
)
def test_what_is_no_file_to_read_is_refused_with_a_word(root, monkeypatch, kind, read, written):
    monkeypatch.chdir(root)
    special(root / "docs/page.md", kind)
    with pytest.raises(OSError, match=read):
        files.read(root / "docs/page.md", root)
    if written:
        with pytest.raises((HarnessError, InvalidError), match=written):
            files.replace(root / "docs/page.md", b"", root)
        assert inside(root / "docs") == ["page.md"]


def test_all_links_are_told_before_anything_is_written(root, tmp_path):
    (root / "docs/one.md").symlink_to(tmp_path / "home/own.md")
    (root / "docs/two.md").symlink_to("one.md")
    paths = [root / "docs" / f"{name}.md" for name in ("new", "one", "two")]
    with pytest.raises(InvalidError) as found:
        files.check([*paths, root / "not/there.md"], root)
    assert [Path(one.file).name for one in found.value.problems] == ["one.md", "two.md"]


def test_a_link_that_comes_between_is_replaced_and_not_followed(root, tmp_path, monkeypatch):
    path, mode = root / "docs/page.md", files.Folder.mode

    def late(folder, name):
        found = mode(folder, name)
        path.symlink_to(tmp_path / "home/own.md")
        return found

    monkeypatch.setattr(files.Folder, "mode", late)
    files.replace(path, b"ours", root)
    assert (path.is_symlink(), path.read_bytes()) == (False, b"ours")
    assert (tmp_path / "home/own.md").read_bytes() == SECRET


def test_a_folder_that_becomes_a_link_is_not_followed(root, tmp_path, monkeypatch):
    create = files.Folder.create

    def late(folder, *given):
        (root / "docs").rename(root / "before")
        (root / "docs").symlink_to(tmp_path / "home")
        return create(folder, *given)

    monkeypatch.setattr(files.Folder, "create", late)
    files.replace(root / "docs/page.md", b"ours", root)
    assert (root / "before/page.md").read_bytes() == b"ours"
    assert inside(tmp_path / "home") == ["own.md"]


def test_modes_are_kept_and_missing_folders_made(root):
    path = root / "new/folder/page.sh"
    files.replace(path, b"1", root)
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o750)
    files.replace(path, b"2", root)
    assert (path.stat().st_mode & 0o777, path.read_bytes()) == (0o750, b"2")
    assert inside(path.parent) == ["page.sh"]


def test_what_the_user_names_is_bounded_by_where_it_is(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "home")
    (tmp_path / "alias").symlink_to(root)
    (root / "build").symlink_to("../home")
    assert files.bounds(root / "build/report", root) == root
    assert files.bounds(tmp_path / "alias/build/report", root) == tmp_path / "alias"
    assert files.bounds(Path("new/report"), root) == tmp_path / "home"
    assert files.bounds(tmp_path / "other/report", root) == tmp_path
    with pytest.raises(InvalidError, match=r"build: this is a link, to \.\./home"):
        files.replace(
            tmp_path / "alias/build/x", b"", files.bounds(tmp_path / "alias/build/x", root)
        )


def test_a_folder_of_too_many_names_is_refused(root, monkeypatch):
    monkeypatch.setattr("harness.model.folder.MOST_NAMES", 3)
    for name in "abcd":
        (root / "docs" / name).touch()
    with pytest.raises(OSError, match="more than 3 files are in this folder"):
        files.names(root / "docs", root)
