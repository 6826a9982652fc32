"""Each thing that could change an outcome changes its key, and nothing else does."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from remembering import cell_of, changed

from harness.memory import key, machine
from harness.memory.key import IRRELEVANT, Circumstances, Keys
from harness.model.cell import Cell
from harness.model.problem import HarnessError
from harness.model.project import Project, open_project

SMALL = "Phi-3-mini-4k-instruct"


@pytest.fixture
def circumstances():
    return Circumstances(isolation="fork", limit_s=60.0, hosts=("a", "b"))


@pytest.fixture
def name(place, project, toolchains, circumstances):
    """Names a cell as a new call would, with parts of what it shares changed."""

    def name(cell, **changes):
        samples = [one.path for one in project.cells()]
        given = {"toolchains": toolchains, "circumstances": circumstances} | changes
        return Keys(place, given["toolchains"], given["circumstances"], samples).of(cell)

    return name


MATTERS = [
    ("client.run", ("{python}", "-X", "dev", "{sample}")),
    ("client.preload", ()),
    ("client.trust", ("SSL_CERT_FILE",)),
    ("client.environment", {"NEW": "1"}),
    ("client.response", "body"),
    ("client.stream", "body"),
    ("client.error", "body"),
    ("client.suffix", ".py3"),
    ("scenario.messages.0.content", "Be brief."),
    ("scenario.messages.0.role", "user"),
    ("scenario.parameters.temperature", 0.5),
    ("scenario.stream", True),
    ("operation.method", "PUT"),
    ("operation.path", "/completions"),
    ("operation.query", {}),
    ("operation.credentials.0.form", "Token {token}"),
    ("operation.answer.response", "$.text"),
    ("operation.error.code", "$.code"),
    ("endpoint.url", "https://elsewhere.example"),
    ("recording.exchanges.0.response.body", b"{}"),
    ("recording.exchanges.0.response.status", 500),
    ("recording.exchanges.0.response.headers", ()),
    ("recording.exchanges.0.response.chunks.0.after_ms", 0.5),
    ("recording.exchanges.0.response.ending", "reset"),
    ("recording.exchanges.0.path", "/other"),
    ("model", "another"),
]

DOES_NOT = [
    ("client.title", "Snake"),
    ("client.library", "other"),
    ("client.fences", ()),
    ("client.install", "apt install it"),
    ("client.template", "other"),
    ("client.literals.true", "YES"),
    ("client.max_bytes", 1),
    ("client.reserved", frozenset({"x"})),
    ("scenario.title", "Other"),
    ("scenario.summary", "Other."),
    ("scenario.expect.contains", ("Lyon",)),
    ("operation.title", "Other"),
    ("operation.roles", ()),
    ("operation.parameters", {}),
    ("endpoint.title", "Other"),
    ("endpoint.retired", "2030-01-01"),
    ("endpoint.note", "Other."),
    ("recording.provenance.how", "recorded"),
    ("recording.file", "elsewhere.yaml"),
]


@pytest.mark.parametrize(("path", "to"), MATTERS, ids=[path for path, _ in MATTERS])
def test_what_a_run_or_a_check_looks_at_counts(name, project, path, to):
    cell = cell_of(project)
    assert name(changed(cell, path, to)) != name(cell)


@pytest.mark.parametrize(("path", "to"), DOES_NOT, ids=[path for path, _ in DOES_NOT])
def test_what_nobody_looks_at_does_not(name, project, path, to):
    cell = cell_of(project)
    assert name(changed(cell, path, to)) == name(cell)


def test_what_is_left_out_is_there_to_be_left_out():
    """A field that was renamed would otherwise count, or not, without anybody's notice."""
    for kind, fields in IRRELEVANT.items():
        (found,) = (one for one in msgspec.structs.fields(Cell) if one.name == kind)
        types = getattr(found.type, "__args__", (found.type,))
        assert fields <= set(types[0].__struct_fields__), kind


@pytest.mark.parametrize(
    ("field", "to"),
    [
        ("mode", "live"),
        ("isolation", "process"),
        ("limit_s", 61.0),
        ("hosts", ("a",)),
    ],
)
def test_how_it_is_run_counts(name, project, circumstances, field, to):
    cell = cell_of(project)
    other = msgspec.structs.replace(circumstances, **{field: to})
    assert name(cell, circumstances=other) != name(cell)


def test_its_own_toolchain_counts_and_no_other(name, project, toolchains):
    cell = cell_of(project)
    for client, same in (("python", False), ("curl", True)):
        ready = msgspec.structs.replace(toolchains[client], digest="2")
        assert (name(cell, toolchains={**toolchains, client: ready}) == name(cell)) is same


@pytest.mark.parametrize("what", ["machine", "program"])
def test_the_machine_and_the_harness_count(name, project, monkeypatch, what):
    before = name(cell_of(project))
    monkeypatch.setattr(key, what, lambda: b"another")
    assert name(cell_of(project)) != before


def test_the_bytes_of_the_sample_count(name, place, project):
    cell = cell_of(project)
    before = name(cell)
    sample = place / cell.path
    text = sample.read_bytes()
    sample.write_bytes(text + b"\n")
    assert name(cell) != before
    sample.write_bytes(text)
    assert name(cell) == before


def test_what_stands_beside_the_sample_counts(name, place, project):
    """A file there may shadow a module, or be read."""
    cell = cell_of(project)
    names = [name(cell)]
    folder = (place / cell.path).parent
    (folder / "requests.py").touch()
    names.append(name(cell))
    (folder / "requests.py").write_text("x = 1\n")
    names.append(name(cell))
    (folder / "helpers").mkdir()
    names.append(name(cell))
    (folder / "helpers" / "one.py").write_text("x = 1\n")
    names.append(name(cell))
    (folder / "helpers" / "one.py").write_text("x = 2\n")
    names.append(name(cell))
    (folder / "node_modules").symlink_to("nowhere")
    names.append(name(cell))
    (folder / "__pycache__").mkdir()
    names.append(name(cell))
    (folder / "__pycache__" / "one.pyc").write_bytes(b"compiled")
    names.append(name(cell))
    (folder / "__pycache__" / "one.pyc").write_bytes(b"poisoned")
    names.append(name(cell))
    (folder / "helpers" / "one.py").chmod(0)
    names.append(name(cell) if os.geteuid() == 0 else "none")
    (folder / "helpers" / "one.py").chmod(0o644)
    (folder / "helpers").chmod(0o700)
    names.append(name(cell))
    os.mkfifo(folder / "pipe")
    names.append(name(cell))
    assert len(set(names)) == len(names)


def test_what_a_link_leads_to_counts(name, place, project):
    cell = cell_of(project)
    folder = (place / cell.path).parent
    for number in (1, 2):
        (place / f"target{number}").write_text("the same")
    link = folder / "data.txt"
    link.symlink_to(place / "target1")
    names = [name(cell)]
    (place / "target1").write_text("another")
    names.append(name(cell))
    link.unlink()
    link.symlink_to(place / "target2")
    names.append(name(cell))
    (place / "target2").unlink()
    names.append(name(cell))
    assert len(set(names)) == len(names)


def test_who_may_read_the_sample_counts(name, place, project):
    cell = cell_of(project)
    before = name(cell)
    (place / cell.path).chmod(0)
    assert name(cell) != before


def test_a_linked_sample_counts_by_what_it_leads_to(name, place, project):
    cell = cell_of(project)
    sample = place / cell.path
    target = sample.rename(place / "elsewhere.py")
    sample.symlink_to(target)
    before = name(cell)
    target.write_bytes(target.read_bytes() + b"\n")
    assert name(cell) != before


def test_what_a_run_has_opened_beyond_its_key_is_told(place, project, toolchains, circumstances):
    samples = [one.path for one in project.cells()]
    keys = Keys(place, toolchains, circumstances, samples)
    cell = cell_of(project)
    folder = (place / cell.path).parent
    names = ("basic.py", "streaming.py", "client.yaml", "sample.py.j2", "requirements.txt")
    assert [
        Path(one).name for one in keys.beyond(cell, [f"{folder}/{name}" for name in names])
    ] == [
        "streaming.py",
        "client.yaml",
        "sample.py.j2",
    ]
    rendered = cell_of(project, f"python/basic@{SMALL}", [SMALL])
    opened = [f"{place}/rendered/{one}" for one in ("basic.py", "streaming.py")]
    assert keys.beyond(rendered, [*opened, f"{folder}/basic.py"]) == [
        opened[1],
        f"{folder}/basic.py",
    ]


@pytest.mark.parametrize(
    "path", ["client.yaml", "sample.py.j2", "streaming.py", "../curl/basic.sh", "../catalog.yaml"]
)
def test_other_files_do_not(name, place, project, path):
    cell = cell_of(project)
    before = name(cell)
    file = (place / cell.path).parent / path
    file.write_bytes(file.read_bytes() + b"\n# more\n")
    assert name(cell) == before


@pytest.mark.parametrize(
    ("path", "to", "same"),
    [
        ("scenario.title", "Other", False),
        ("client.literals.true", "YES", False),
        ("client.template", "other", False),
        ("recording.provenance.how", "recorded", True),
    ],
)
def test_of_a_sample_that_is_rendered_when_it_runs_all_counts_that_a_template_sees(
    name, project, path, to, same
):
    cell = cell_of(project, f"python/basic@{SMALL}", [SMALL])
    assert not cell.committed
    assert (name(changed(cell, path, to)) == name(cell)) is same


def test_no_two_cells_share_a_key(name, project):
    cells = list(project.cells(project.catalog.models))
    assert len({name(cell) for cell in cells}) == len(cells)


def test_what_cannot_run_has_no_key(name, project, place, toolchains):
    cell = cell_of(project)
    assert name(msgspec.structs.replace(cell, recording=None)) is None
    assert name(cell, toolchains={**toolchains, "python": HarnessError("no")}) is None
    (place / cell.path).unlink()
    assert name(cell) is None


def test_a_kept_project_gives_the_same_keys_as_its_files(name, place):
    read = open_project(place)
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(read), type=Project)
    for one, other in zip(read.cells(), kept.cells(), strict=True):
        assert name(one) == name(other)


def test_a_key_is_the_same_in_every_process(root):
    """Sets and hashes have another order in each."""
    code = """
from pathlib import Path
from harness.memory.key import Circumstances, Keys
from harness.model.project import open_project
from harness.toolchain.ready import Ready
root = Path.cwd()
project = open_project(root)
ready = {name: Ready(words={}, digest="1") for name in project.clients}
how = Circumstances(isolation="fork", limit_s=1, hosts=())
print(*(Keys(root, ready, how, []).of(c) for c in project.cells(project.catalog.models)))
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_every_byte_of_the_harness_counts(tmp_path, monkeypatch):
    (tmp_path / "runner").mkdir()
    (tmp_path / "__pycache__").mkdir()
    code = tmp_path / "runner" / "run.py"
    code.write_text("x = 1\n")
    monkeypatch.setattr(machine, "CODE", str(tmp_path))

    def program():
        machine.program.cache_clear()
        return machine.program()

    before = program()
    (tmp_path / "__pycache__" / "run.pyc").write_text("compiled")
    assert program() == before
    code.write_text("x = 2\n")
    assert program() != before
    code.write_text("x = 1\n")
    assert program() == before
    (tmp_path / "runner" / "data.json").touch()
    assert program() != before
    machine.program.cache_clear()
