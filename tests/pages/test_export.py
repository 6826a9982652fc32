"""What is exported gives back, byte for byte, what is committed: also by way of a tool that is not ours."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import oas_patch
import pytest
from press import edit
from ruamel.yaml import YAML

from harness.cli.main import invoke
from harness.model.project import open_project
from harness.pages.export import as_overlay
from harness.pages.proof import Gate, sort


def export(form, root, path):
    assert (
        invoke(["docs", "export", "--format", form, "-o", str(path), "--project", str(root)]) == 0
    )
    return json.loads(path.read_bytes())


def committed(root):
    return {cell.id: (root / cell.path).read_bytes() for cell in open_project(root).cells()}


def test_json_gives_back_every_sample_with_its_provenance(proven, tmp_path):
    data = export("json", proven, tmp_path / "samples.json")
    given = {one["id"]: one["source"].encode() for one in data["samples"]}
    assert given == committed(proven)
    for one in data["samples"]:
        assert one["proof"]["verdict"] == "pass"
        assert one["proof"]["passed_on"] == "2026-11-22"
        assert one["recording"]["how"] == "authored"
        assert "No server ever sent" in one["recording"]["note"]
        assert data["endpoints"][one["endpoint"]]["retired"] == "2026-07-30"
    libraries = open_project(proven).catalog.libraries
    assert libraries
    for one in data["samples"]:
        known = libraries.get(one["client"]["library"])
        retired = data["libraries"][one["client"]["library"]]["retired"]
        assert retired == (known and known.retired)


def test_the_overlay_follows_its_schema(proven, tmp_path):
    data = export("openapi-overlay", proven, tmp_path / "overlay.json")
    file = Path(oas_patch.__file__).parent / "schema/overlay_schema_1.0.0.yml"
    schema = YAML(typ="safe", pure=True).load(file)
    validator = jsonschema.Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(data)] == []
    assert not validator.is_valid({**data, "actions": []})


def test_another_tool_puts_just_the_committed_bytes_into_an_openapi_description(proven, tmp_path):
    export("openapi-overlay", proven, tmp_path / "overlay.json")
    description = {
        "openapi": "3.1.0",
        "info": {"title": "Chat", "version": "1"},
        "paths": {
            "/chat/completions": {"post": {"responses": {"200": {"description": "An answer"}}}},
            "/embeddings": {"post": {"responses": {"200": {"description": "A vector"}}}},
        },
    }
    (tmp_path / "openapi.json").write_text(json.dumps(description))
    tool = Path(sys.executable).with_name("oas-patch")
    subprocess.run(
        [tool, "overlay", "openapi.json", "overlay.json", "-o", "out.json"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=60,
    )
    paths = json.loads((tmp_path / "out.json").read_bytes())["paths"]
    samples = paths["/chat/completions"]["post"]["x-codeSamples"]
    assert sorted(one["source"].encode() for one in samples) == sorted(committed(proven).values())
    assert "x-codeSamples" not in paths["/embeddings"]["post"]


def test_labels_are_unique_in_each_language_even_with_a_second_client_for_it(proven):
    found = sort(map(Gate(proven).look, open_project(proven).cells()))[0]
    twice = []
    for one in found:
        client = msgspec.structs.replace(one.cell.client, name="other", library="another")
        for name in ("other", "third"):
            cell = msgspec.structs.replace(
                one.cell, client=client, id=f"{name}/{one.cell.scenario.name}-{one.cell.id}"
            )
            twice.append(msgspec.structs.replace(one, cell=cell))
    (action,) = as_overlay([*found, *twice])["actions"]
    keys = [(one["lang"], one["label"]) for one in action["update"]["x-codeSamples"]]
    assert len(keys) == len(set(keys)) == 3 * len(found)


@pytest.mark.parametrize("form", ["json", "openapi-overlay"])
def test_nothing_is_exported_that_has_not_passed(proven, tmp_path, form, capsys):
    edit(proven / "samples/curl/basic.sh", "capital", "Capital")
    path = tmp_path / "out.json"
    call = ["docs", "export", "--format", form, "-o", str(path), "--project", str(proven)]
    assert invoke(call) == 4
    assert not path.exists()
    out = capsys.readouterr().out
    assert "curl/basic: the sample has changed since it passed; mend it with: " in out
