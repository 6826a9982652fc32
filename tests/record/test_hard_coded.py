"""A secret that is written into a project's files is found, with its line, and not repeated."""

import base64

import pytest
from test_sanitize import GITHUB, OPENAI, own

from harness.cli.main import invoke
from harness.record.hard_coded import hard_coded
from harness.record.rules import load_rules

PLACES = [
    "samples/python/basic.py",
    "samples/python/by_hand/own.rb",
    "samples/javascript/sample.js.j2",
    "samples/curl/client.yaml",
    "samples/scenarios/basic.yaml",
    "samples/operations/chat.yaml",
    "samples/catalog.yaml",
    "samples/python/requirements.in",
    "docs/messages/en.yaml",
    "docs/quickstart.md.j2",
    "docs/guides/page.mdx",
    "README.md",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_in_a_file_that_people_edit_is_found(tmp_path, place):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    coded = base64.b64encode(f"user:{GITHUB}".encode()).decode()
    path.write_text(f"# é\n\n```py\nkey = '{OPENAI}'\n```\nBasic {coded}\n", "utf-8")
    first, second, *more = hard_coded(tmp_path, load_rules(tmp_path))
    assert {(one.file, one.line) for one in (first, second, *more)} == {(place, 4), (place, 6)}
    assert OPENAI[-16:] not in f"{first} {second}"
    assert "samples/sanitizers.yaml" in first.hint


@pytest.mark.parametrize(
    "text",
    [
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "OPENAI_API_KEY=sk-your-key-here",
        "Authorization: Bearer $GITHUB_TOKEN",
        "postgres://user:password@localhost/db",
        "AKIAIOSFODNN7EXAMPLE",
        "password = 'hunter2'",
        "sha512-" + base64.b64encode(bytes(range(64))).decode(),
    ],
)
def test_what_documentation_has_in_its_place_is_none(tmp_path, text):
    (tmp_path / "README.md").write_text(text)
    assert list(hard_coded(tmp_path, load_rules(tmp_path))) == []


def test_what_is_installed_linked_recorded_or_allowed_is_left_alone(tmp_path):
    for place in ("samples/a/node_modules/x.js", "samples/recordings/x.yaml", "samples/.x/y.txt"):
        path = tmp_path / place
        path.parent.mkdir(parents=True)
        path.write_text(GITHUB)
    (tmp_path / "README.md").write_text(f"see {GITHUB}")
    (tmp_path / "elsewhere").write_text(OPENAI)
    (tmp_path / "samples/a/linked.py").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "linked.md").symlink_to(tmp_path / "elsewhere")
    rules = own(tmp_path, f"allow:\n  it: {{why: It is void., pattern: '{GITHUB}'}}\n")
    assert list(hard_coded(tmp_path, rules)) == []


def test_check_refuses_a_sample_with_a_token(tmp_path, copy_first_samples, capsys):
    root = copy_first_samples(tmp_path)
    path = root / "samples/python/basic.py"
    path.write_text(f"{path.read_text()}# {GITHUB}\n")
    number = path.read_text().count("\n")
    assert invoke(["check", "--project", str(root)]) == 2
    said = capsys.readouterr().err
    assert f"samples/python/basic.py:{number}: this looks like a GitHub token" in said
    assert GITHUB[-20:] not in said
