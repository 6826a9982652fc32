"""A pass is remembered for as long as nothing has changed that its run looked at, and no longer."""

import shutil

import pytest
from workshop import MINIATURES, call, copy_project

LOOKS = """
import pathlib
if "BROKEN" in (pathlib.Path(__file__).parent / {name!r}).read_text():
    raise SystemExit("broken")
"""
STARTS = """
import subprocess
if b"BROKEN" in subprocess.run(["helper"], stdout=subprocess.PIPE).stdout:
    raise SystemExit("broken")
"""


@pytest.fixture(scope="module")
def rendered(miniatures, tmp_path_factory):
    """A project whose samples are written."""
    copied = copy_project(MINIATURES, tmp_path_factory.mktemp("forgotten") / "project")
    code, _, said = call("render", project=copied)
    assert code == 0, said
    return copied


@pytest.fixture
def project(rendered, tmp_path):
    """A copy of it, with some files beside the samples."""
    copied = shutil.copytree(rendered, tmp_path / "project", symlinks=True)
    beside = copied / "samples/plain"
    (beside / "data.txt").write_text("data")
    (beside / "__pycache__").mkdir()
    (beside / "__pycache__/x.pyc").write_text("compiled")
    (beside / "more").mkdir()
    (beside / "more/data.txt").write_text("data")
    (beside / "link.txt").symlink_to("more/data.txt")
    return copied


def runs(project, *options, **environment):
    """The exit code, and whether it was answered from memory."""
    code, output, said = call("run", "plain/question", *options, project=project, **environment)
    assert "plain/question" in output, said
    return code, "cached" in output


def extended(project, text):
    sample = project / "samples/plain/question.py"
    sample.write_text(sample.read_text() + text)
    return sample


FILES = {
    "another sample": "choices.py",
    "the client's settings": "client.yaml",
    "the template": "sample.py.j2",
    "a data file": "data.txt",
    "a compiled module": "__pycache__/x.pyc",
    "a file in a folder": "more/data.txt",
    "the target of a link": "link.txt",
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_it_reads_counts(project, what):
    extended(project, LOOKS.format(name=FILES[what]))
    assert runs(project) == (0, False)
    assert runs(project) == (0, True)
    path = project / "samples/plain" / FILES[what]
    path.write_text(path.read_text() + "\n# BROKEN\n")
    assert runs(project) == (1, False)


def test_a_link_that_leads_elsewhere_counts(project):
    extended(project, LOOKS.format(name="link.txt"))
    assert runs(project) == (0, False)
    beside = project / "samples/plain"
    (beside / "more/other.txt").write_text("BROKEN")
    assert runs(project)[0] == 0
    assert runs(project) == (0, True)
    (beside / "link.txt").unlink()
    (beside / "link.txt").symlink_to("more/other.txt")
    assert runs(project) == (1, False)


@pytest.mark.parametrize(
    "path", ["plain/choices.py", "keeping/question.py", "plain/sample.py.j2", "catalog.yaml"]
)
def test_a_file_that_it_does_not_read_does_not_count(project, path):
    assert runs(project) == (0, False)
    file = project / "samples" / path
    comment = "{# more #}" if path.endswith(".j2") else "\n# more\n"
    file.write_text(file.read_text() + comment)
    assert runs(project) == (0, True)


def test_samples_that_run_at_once_do_not_count_for_one_another(project):
    code, output, said = call("run", "-j", "4", project=project)
    assert (code, output.count("  cached\n")) == (0, 0), said
    for sample in (project / "samples/plain").glob("*.py"):
        if sample.name != "question.py":
            sample.write_text(sample.read_text() + "\n# more\n")
    assert runs(project) == (0, True)


def test_a_program_that_it_does_not_name_counts(project, tmp_path):
    folder = tmp_path / "programs/bin"
    folder.mkdir(parents=True)
    for name in ("tool", "helper"):
        (folder / name).write_text("#!/bin/sh\necho 1.0\n")
        (folder / name).chmod(0o755)
    client = project / "samples/plain/client.yaml"
    named = "  lock: requirements.txt\n"
    client.write_text(client.read_text().replace(named, f"{named}  programs: [{{name: tool}}]\n"))
    extended(project, STARTS.replace('"helper"', repr(str(folder / "helper"))))
    path = f"{folder}:/usr/local/bin:/usr/bin:/bin"
    assert runs(project, PATH=path) == (0, False)
    assert runs(project, PATH=path) == (0, True)
    (folder / "helper").write_text("#!/bin/sh\necho BROKEN\n")
    assert runs(project, PATH=path) == (1, False)


def test_who_may_read_it_counts(project):
    assert runs(project) == (0, False)
    (project / "samples/plain/question.py").chmod(0)
    code, cached = runs(project)
    assert not cached
    assert code != 0


def test_what_runs_unsealed_is_not_remembered(project):
    extended(project, LOOKS.format(name="../file"))
    (project / "samples/file").touch()
    assert runs(project, "--no-seal") == (0, False)
    assert runs(project, "--no-seal") == (0, False)
    (project / "samples/file").write_text("BROKEN")
    assert runs(project, "--no-seal") == (1, False)
