"""A receipt holds for just what passed, on any machine, and shows when somebody edits it."""

import json

import pytest
from press import edit, report_of

from harness.model.problem import InvalidError
from harness.model.project import open_project
from harness.pages import receipt
from harness.pages.proof import Gate, Proven


def ids(root, client="", scenario=""):
    """Every sample's name, or those of a client or a scenario."""
    return {
        cell.id
        for cell in open_project(root).cells()
        if client in ("", cell.client.name) and scenario in ("", cell.scenario.name)
    }


def unproven(root):
    gate = Gate(root)
    looked = {cell.id: gate.look(cell) for cell in open_project(root).cells()}
    return {name: one.why for name, one in looked.items() if not isinstance(one, Proven)}


def test_what_passed_may_be_published(proven):
    assert unproven(proven) == {}
    project = open_project(proven)
    (cell,) = (cell for cell in project.cells() if cell.id == "curl/basic")
    one = Gate(proven).look(cell)
    assert one.text == (proven / cell.path).read_text("utf-8")
    assert one.receipt.on == "2026-11-22"


def test_without_receipts_nothing_may(copy):
    (copy / receipt.FILE).unlink(missing_ok=True)
    assert unproven(copy) == dict.fromkeys(ids(copy), "there is no receipt that it passed")


@pytest.mark.parametrize(
    ("path", "old", "new", "cells", "why"),
    [
        (
            "samples/python/basic.py",
            "print(",
            "print (",
            {"client": "python", "scenario": "basic"},
            "the sample has changed since it passed",
        ),
        (
            "samples/recordings/basic.yaml",
            "Paris",
            "Pariz",
            {"scenario": "basic"},
            "samples/recordings/basic.yaml has changed since it passed",
        ),
        (
            "samples/python/requirements.txt",
            "azure-core==",
            "azure-core== ",
            {"client": "python"},
            "samples/python/requirements.txt has changed since it passed",
        ),
        (
            "samples/scenarios/streaming.yaml",
            "min_chars: 5",
            "min_chars: 6",
            {"scenario": "streaming"},
            "samples/scenarios/streaming.yaml has changed since it passed",
        ),
    ],
)
def test_a_change_of_anything_it_rests_on(proven, path, old, new, cells, why):
    edit(proven / path, old, new)
    assert unproven(proven) == dict.fromkeys(ids(proven, **cells), why)


def test_a_change_of_the_operation_is_a_change_for_all(proven):
    edit(proven / "samples/operations/chat.yaml", "# One kind", "# A kind")
    assert set(unproven(proven)) == ids(proven)


def test_every_single_character_of_the_file_counts(proven):
    path = proven / receipt.FILE
    whole = path.read_bytes()
    assert unproven(proven) == {}
    cells = ids(proven)
    for place in range(0, len(whole), 37):
        other = b"0" if whole[place : place + 1] != b"0" else b"1"
        path.write_bytes(whole[:place] + other + whole[place + 1 :])
        found = receipt.load(proven)
        noticed = found.edited or found.broken or set(found.by_cell) != cells
        assert noticed, (place, whole[max(0, place - 20) : place + 20])


def test_an_edited_receipt_proves_nothing_even_if_its_checksums_are_right(copy):
    found = receipt.collect(report_of(copy), "report", {})
    receipt.save(copy, found)
    data = json.loads((copy / receipt.FILE).read_bytes())
    data["receipts"]["curl/basic"]["verdict"] = "deviates"
    (copy / receipt.FILE).write_text(json.dumps(data, indent=2) + "\n")
    assert unproven(copy) == {"curl/basic": f"its receipt in {receipt.FILE} was edited"}


def test_a_second_run_changes_nothing_even_on_another_day_and_machine(copy):
    first = receipt.collect(report_of(copy), "report", {})
    assert receipt.save(copy, first)
    before = (copy / receipt.FILE).read_bytes()
    later = report_of(copy, on="2027-01-01")
    later[0]["toolchains"]["curl"] = {"tool": "9.9"}
    again = receipt.collect(later, "report", receipt.load(copy).by_cell)
    assert not receipt.save(copy, again)
    assert (copy / receipt.FILE).read_bytes() == before


def test_a_change_makes_a_new_receipt_with_a_new_date(proven):
    edit(proven / "samples/curl/basic.sh", "curl", "curl ")
    again = receipt.collect(report_of(proven, on="2027-01-01"), "r", receipt.load(proven).by_cell)
    assert {name: one.on for name, one in again.items() if one.on != "2026-11-22"} == {
        "curl/basic": "2027-01-01"
    }


@pytest.mark.parametrize("verdict", ["fail", "error", "skipped"])
def test_what_did_not_pass_loses_its_receipt(proven, verdict):
    found = receipt.collect(report_of(proven, curl=verdict), "r", receipt.load(proven).by_cell)
    assert set(found) == ids(proven) - ids(proven, client="curl")


def test_clients_that_differ_get_none(copy):
    lines = report_of(copy)
    model = lines[1]["model"]
    lines.insert(-1, {"type": "parity", "scenario": "basic", "model": model, "verdict": "fail"})
    assert not [name for name in receipt.collect(lines, "r", {}) if name.endswith("/basic")]


def test_a_report_of_other_cells_leaves_a_receipt_alone(proven):
    lines = [one for one in report_of(proven) if one.get("client") != "curl"]
    before = receipt.load(proven).by_cell
    assert receipt.collect(lines, "r", before) == before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda lines: lines[0].update(mode="live"), "r:1: expected a run against recordings"),
        (lambda lines: lines[1].pop("basis"), "r:2: this report comes from an older version"),
    ],
)
def test_a_report_that_gives_no_receipts(copy, spoil, message):
    lines = report_of(copy)
    spoil(lines)
    with pytest.raises(InvalidError, match=message):
        receipt.collect(lines, "r", {})


def test_what_looks_like_a_token_is_not_published_though_it_passed(copy):
    path = copy / next(open_project(copy).cells()).path
    path.write_text(f"{path.read_text()}# gh" + "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\n")
    receipt.save(copy, receipt.collect(report_of(copy), "report", {}))
    (why,) = unproven(copy).values()
    assert why.endswith("looks as if it held a GitHub token")
