import os
from pathlib import Path

import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.model.project import open_project
from harness.render.stale import WHY, stale, write


def look(root: Path):
    return stale(root, open_project(root).cells())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_committed_samples_are_fresh(whole_project):
    root = Path(__file__).parents[2]
    assert stale(root, whole_project.cells()) == []


def test_other_models_have_no_committed_sample(copy):
    project = open_project(copy)
    assert stale(copy, project.cells(["Phi-3-mini-4k-instruct"])) == []


def test_one_character_of_a_sample(copy):
    edit(copy / "samples/curl/basic.sh", "France?", "France!")
    (entry,) = look(copy)
    assert (entry.path, entry.why) == ("samples/curl/basic.sh", "by hand")
    assert "replace it with: sampleproof render --force" in entry.remedy
    assert entry.diff.startswith("--- a/samples/curl/basic.sh\n+++ b/samples/curl/basic.sh\n")
    assert '-                "content": "What is the capital of France!"\n+  ' in entry.diff


def test_one_character_of_a_template(copy):
    edit(copy / "samples/python/sample.py.j2", "token = os", "Token = os")
    assert [entry.path for entry in look(copy)] == [
        f"samples/python/{name}.py" for name in ("basic", "multi_turn", "streaming")
    ]


def test_one_character_of_a_scenario(copy):
    edit(copy / "samples/scenarios/basic.yaml", "capital of France?", "capital of France!")
    assert {entry.path for entry in look(copy)} == {
        "samples/python/basic.py",
        "samples/javascript/basic.js",
        "samples/curl/basic.sh",
    }


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:-1],
        lambda content: content + b"\n",
        lambda content: content + b"\xff",
        lambda _: b"",
    ],
)
def test_bytes_count_and_the_difference_can_be_seen(copy, spoil):
    path = copy / "samples/python/basic.py"
    path.write_bytes(spoil(path.read_bytes()))
    (entry,) = look(copy)
    assert entry.why == "by hand"
    assert any(line[0] in "+-" for line in entry.diff.splitlines()[3:])


def test_line_ends_of_windows_are_named_and_mended(copy):
    path = copy / "samples/curl/basic.sh"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (entry,) = look(copy)
    assert (entry.why, entry.remedy) == ("line ends", "sampleproof render")
    assert "CRLF" in WHY[entry.why]
    write(copy, open_project(copy).cells())
    assert look(copy) == []


def test_a_missing_sample(copy):
    (copy / "samples/javascript/streaming.js").unlink()
    (entry,) = look(copy)
    assert (entry.path, entry.why) == ("samples/javascript/streaming.js", "missing")
    assert entry.diff.startswith("--- /dev/null\n")


def test_a_leftover_is_told_and_left_alone(copy):
    path = copy / "samples/python/gone.py"
    path.write_text("print()\n")
    (entry,) = look(copy)
    assert (entry.path, entry.why) == ("samples/python/gone.py", "leftover")
    assert "remove it" in entry.remedy
    assert write(copy, open_project(copy).cells()) == [entry]
    assert path.read_text() == "print()\n"


def test_writing_mends_what_is_stale_and_only_that(copy):
    edit(copy / "samples/scenarios/basic.yaml", "capital of France?", "capital of Spain?")
    (copy / "samples/curl/streaming.sh").unlink()
    script, other = copy / "samples/curl/basic.sh", copy / "samples/curl/multi_turn.sh"
    script.chmod(0o755)
    before = other.stat().st_mtime_ns
    changed = write(copy, open_project(copy).cells())
    assert sorted((entry.path, entry.why) for entry in changed) == [
        ("samples/curl/basic.sh", "differs"),
        ("samples/curl/streaming.sh", "missing"),
        ("samples/javascript/basic.js", "differs"),
        ("samples/python/basic.py", "differs"),
    ]
    assert look(copy) == []
    assert write(copy, open_project(copy).cells()) == []
    assert script.stat().st_mode & 0o777 == 0o755
    assert other.stat().st_mtime_ns == before
    assert {path.name for path in copy.rglob(".*")} <= {".npmrc", ".gitignore"}


def test_nothing_is_written_when_one_cannot_be_rendered(copy):
    edit(copy / "samples/scenarios/basic.yaml", "capital of France?", "capital of Spain?")
    edit(copy / "samples/python/sample.py.j2", "{{ model | literal }}", "{{ modell | literal }}")
    before = {path: path.read_bytes() for path in copy.rglob("*.*") if path.is_file()}
    with pytest.raises(InvalidError, match="'modell' is undefined"):
        write(copy, open_project(copy).cells())
    assert {path: path.read_bytes() for path in copy.rglob("*.*") if path.is_file()} == before


def test_a_file_that_cannot_be_read_or_written_is_our_fault_to_tell(copy, monkeypatch):
    path = copy / "samples/curl/basic.sh"
    path.unlink()
    path.mkdir()
    with pytest.raises(HarnessError, match=r"basic\.sh cannot be read"):
        look(copy)
    path.rmdir()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", lambda *_, **__: full())
    with pytest.raises(HarnessError, match="cannot be written: No space left"):
        write(copy, open_project(copy).cells())
    assert not path.exists()
    assert not list(path.parent.glob(".basic.sh.*"))
