"""Shards are joined to the whole, and to nothing less."""

import json
from importlib import resources

import pytest
from jsonschema import Draft202012Validator
from reported import footer

from harness.model.problem import InvalidError
from harness.outcome import Fault, Outcome, Parity
from harness.report import junit, line, ndjson
from harness.report.merge import merge
from harness.report.shard import shard_of

SCHEMA = json.loads(
    resources.files("harness.report.schemas").joinpath("report.schema.json").read_text("utf-8")
)


BROKEN = "curl/basic@Phi-3-medium-4k-instruct"


@pytest.fixture
def made(project, tmp_path):
    """Writes the report of a run of some cells, as a session does."""
    versions = {name: {"lib": "1"} for name in ("python", "curl", "javascript")}

    def made(name, cells, shard=None, **changes):
        header = line.header(len(cells), versions, "", shard)
        header["run"] |= {"started": f"2026-01-0{len(name) % 9 + 1}T00:00:00+00:00"}
        header |= changes
        writer = ndjson.Writer(tmp_path / name, header, ndjson.order(cells))
        for cell in reversed(cells):
            fault = Fault(message="m") if cell.id == BROKEN else None
            verdict = "error" if fault else "pass"
            one = Outcome(cell=cell, sha256="0" * 64, verdict=verdict, fault=fault)
            writer.cell(line.cell(one, {}))
        for scenario, model in dict.fromkeys((cell.scenario.name, cell.model) for cell in cells):
            one = Parity(scenario=scenario, model=model, clients=("curl",), verdict="pass")
            writer.parity(line.parity(one))
        failed = any(cell.id == BROKEN for cell in cells)
        writer.finish(3 if failed else 0, 10.0)
        junit.write(tmp_path / name, ndjson.lines(writer.path), tmp_path)
        return tmp_path / name

    return made


@pytest.fixture
def cells(project):
    return list(project.cells(list(project.catalog.models)[:2]))


@pytest.fixture
def shards(made, cells):
    def shards(number, sha256="0" * 64, **changes):
        return [
            made(f"shard{index}of{number}", mine, shard, **changes)
            for index in range(1, number + 1)
            for shard, mine in [shard_of(cells, index, number, sha256, {})]
        ]

    return shards


def without_run(path):
    return [
        {name: value for name, value in one.items() if name != "run"} for one in ndjson.read(path)
    ]


def changed(path, change):
    lines = [json.loads(text) for text in (path / ndjson.NAME).read_text().splitlines()]
    change(lines)
    (path / ndjson.NAME).write_text("".join(json.dumps(one) + "\n" for one in lines))


@pytest.mark.parametrize("number", [1, 2, 5, 6])
def test_joined_shards_are_the_whole(made, shards, cells, tmp_path, number):
    whole = made("whole", cells)
    path, code = merge(list(reversed(shards(number))), tmp_path / "joined", tmp_path)
    assert without_run(path) == without_run(whole / ndjson.NAME)
    assert code == 3
    validator = Draft202012Validator(SCHEMA)
    for one in ndjson.read(path):
        assert list(validator.iter_errors(one)) == []
    assert ndjson.read(path)[0]["run"]["shards"] == number
    joined = junit.write(tmp_path / "joined", ndjson.lines(path), tmp_path).read_text()
    expected = (whole / junit.NAME).read_text()
    assert untimed(joined) == untimed(expected)


def untimed(text):
    head, quote, rest = text.partition('timestamp="')
    return head + quote + rest.partition('"')[2]


def refused(reports, folder):
    with pytest.raises(InvalidError) as error:
        merge(reports, folder, folder)
    assert not folder.exists() or list(folder.iterdir()) == []
    return str(error.value)


def test_a_missing_shard_is_named_with_how_to_make_it(shards, tmp_path):
    said = refused(shards(3)[:2], tmp_path / "joined")
    assert "shard 3/3 is missing" in said
    assert "sampleproof run --shard 3/3" in said


def test_a_doubled_shard_is_named(shards, tmp_path):
    one, two = shards(2)
    said = refused([one, two, one], tmp_path / "joined")
    assert "shard 1/2 is there already" in said
    assert str(one) in said


def test_a_shard_of_another_run_is_named(made, shards, cells, tmp_path):
    one, _ = shards(2)
    shard, mine = shard_of(cells, 2, 2, "f" * 64, {})
    other = made("other", mine, shard)
    said = refused([one, other], tmp_path / "joined")
    assert str(other) in said
    assert "another run" in said


def test_shards_of_different_splits_are_named(shards, tmp_path):
    said = refused([*shards(2), shards(3)[2]], tmp_path / "joined")
    assert "expected a shard of 2" in said
    assert "received one of 3" in said


def test_shards_split_by_different_durations_are_refused(made, shards, cells, tmp_path):
    one, _ = shards(2)
    durations = {cell.id: float(number) ** 3 for number, cell in enumerate(cells)}
    shard, mine = shard_of(cells, 2, 2, "0" * 64, durations)
    said = refused([one, made("other", mine, shard)], tmp_path / "joined")
    assert "some samples are in none of them, or in several" in said
    assert "--balance" in said


def test_other_versions_are_named(shards, tmp_path):
    one, two = shards(2)
    changed(two, lambda lines: lines[0]["toolchains"]["curl"].update(lib="2"))
    said = refused([one, two], tmp_path / "joined")
    assert "curl: lib 2" in said
    one, two = shards(2)
    changed(two, lambda lines: lines[0]["run"].update(sampleproof="9.9"))
    assert "sampleproof 9.9" in refused([one, two], tmp_path / "joined")


def test_the_report_of_no_shard_is_named(made, cells, tmp_path):
    whole = made("whole", cells)
    said = refused([whole], tmp_path / "joined")
    assert "the report of no shard" in said


def recounted(lines, where, instead):
    lines[where] = instead
    lines[-1] = footer(*lines[1:-1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: lines.pop(), "incomplete"),
        (lambda lines: lines.__delitem__(slice(1, 5)), "incomplete"),
        (lambda lines: recounted(lines, slice(1, 5), ()), "fewer groups"),
        (lambda lines: recounted(lines, slice(1, 1), lines[1:5]), "more groups"),
    ],
)
def test_a_shard_that_is_not_whole_is_refused(shards, tmp_path, change, words):
    one, two = shards(2)
    changed(two, change)
    assert words in refused([one, two], tmp_path / "joined")
